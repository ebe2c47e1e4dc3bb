// The work item as it was read whole, with the parts of it that were read since.
import { useCallback, useMemo, useRef, useState } from 'react';
import { useClient } from 'urql';
import type { IssueTransfersQuery } from '../../gql/graphql';
import { useOverlay } from '../useOverlay';
import type { BlockName } from './block';
import type { Issue } from './IssuePanel';

export type Part = 'head' | 'transfers' | BlockName;

/** What is read with a part and not with the whole. */
type More = Partial<Pick<NonNullable<IssueTransfersQuery['issue']>, 'attachments'>>;

/** The work item as it is shown. */
export type Shown = Issue & More;

/** The work item with one part of what is shown of it. */
export type PartOf = Pick<Issue, 'id'> & Partial<Shown>;

/** Reads one part again and shows it; null when it could not be read. */
export type ReadPart = (part: Part) => Promise<PartOf | null>;

/** Shows parts that are known otherwise. */
export type PutParts = (parts: Partial<Shown>) => void;

/** `times` changes when nothing that was read before may be shown. */
export function useParts(
  id: string,
  whole: Issue | null,
  times: number,
): [shown: Shown | null, read: ReadPart, put: PutParts] {
  const client = useClient();
  const [over, put] = useOverlay<Shown>(whole);
  const [attachments, know] = useState<Shown['attachments']>();
  const shown = useMemo(() => (over && attachments ? { ...over, attachments } : over), [over, attachments]);
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
      if (data.issue.attachments) {
        know(data.issue.attachments);
      }
      return data.issue;
    },
    [client, id, put],
  );
  return [shown, read, put];
}
