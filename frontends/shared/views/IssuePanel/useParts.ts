// The work item as it was read whole, with the parts of it that were read since.
import { useCallback, useRef } from 'react';
import { useClient } from 'urql';
import { useOverlay } from '../useOverlay';
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
  const [shown, put] = useOverlay(whole);
  const latest = useRef(times);
  latest.current = times;
  const read = useCallback<ReadPart>(
    async (part) => {
      const begun = latest.current;
      const { PARTS } = await import('./parts');
      const { data } = await client.query(PARTS[part], { id }, { requestPolicy: 'network-only' }).toPromise();
      if (!data?.issue || latest.current !== begun) {
        return null;
      }
      put(data.issue);
      return data.issue;
    },
    [client, id, put],
  );
  return [shown, read];
}
