// The work item as it was read whole, with the parts of it that were read since.
import { useCallback, useMemo, useRef, useState } from 'react';
import { useClient } from 'urql';
import type { BlockName } from './block';
import type { Issue } from './IssuePanel';

export type Part = 'head' | BlockName;

/** The work item with one part of what is shown of it. */
export type PartOf = Pick<Issue, 'id'> & Partial<Issue>;

/** Reads one part again and shows it; null when it could not be read. */
export type ReadPart = (part: Part) => Promise<PartOf | null>;

/** `times` changes when nothing that was read before may be shown. */
export function useParts(id: string, whole: Issue | null, times: number): [Issue | null, ReadPart] {
  const client = useClient();
  const [since, setSince] = useState<{ of: Issue | null; parts: Partial<Issue> }>({ of: null, parts: {} });
  const latest = useRef({ whole, times });
  latest.current = { whole, times };
  const read = useCallback<ReadPart>(
    async (part) => {
      const { times } = latest.current;
      const { PARTS } = await import('./parts');
      const { data } = await client.query(PARTS[part], { id }, { requestPolicy: 'network-only' }).toPromise();
      const issue = data?.issue;
      const of = latest.current.whole;
      if (!issue || !of || latest.current.times !== times) {
        return null;
      }
      setSince((before) => ({ of, parts: before.of === of ? { ...before.parts, ...issue } : issue }));
      return issue;
    },
    [client, id],
  );
  // An answer for the whole is newer than its parts, and has them where the cache puts them in their place.
  const shown = useMemo(
    () => (whole && since.of === whole ? { ...whole, ...since.parts } : whole),
    [whole, since],
  );
  return [shown, read];
}
