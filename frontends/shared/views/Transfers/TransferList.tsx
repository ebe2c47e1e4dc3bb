// The transfers of a work item: how far each is, what is wrong with it, and what can be done about it.
import { useEffect, useMemo, useRef } from 'react';
import { readFragment } from '../../gql/fragment-masking';
import { TransferRowFragmentDoc } from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { useIssue } from '../IssuePanel/context';
import type { Shown } from '../IssuePanel/useParts';
import { isUnderWay } from './first';
import { sourceOf } from './names';
import { OneTransfer } from './OneTransfer';
import { shownOf, type Transfer } from './transfers';
import { useProgress } from './useProgress';

interface TransferListProps {
  issue: Shown;
  /** There was none when the panel was drawn, so that all there are have begun since. */
  since: boolean;
}

export function TransferList({ issue, since }: TransferListProps) {
  const panel = useIssue();
  const read = useMemo(() => readFragment(TransferRowFragmentDoc, issue.transfers ?? []), [issue.transfers]);
  const { now, lost, tell } = useProgress(read, async () => {
    if (panel.again.current) {
      panel.again.current();
      return true;
    }
    return (await panel.read('transfers')) !== null;
  });
  const shown = shownOf(now);
  useSaid(now, since, (it) => sourceOf(issue, it));
  if (shown.length === 0) {
    return null;
  }
  return (
    <ul className="transfers" aria-label={t('transfer.list')}>
      {shown.map((it) => (
        <OneTransfer
          key={it.id}
          transfer={it}
          name={sourceOf(issue, it)}
          file={issue.attachments?.find(({ id }) => id === it.receipt?.attachmentId)?.name ?? null}
          lost={lost.has(it.id)}
          tell={tell}
        />
      ))}
    </ul>
  );
}

const SAID = {
  DONE: 'transfer.saidDone',
  FAILED: 'transfer.saidFailed',
  CANCELLED: 'transfer.saidCancelled',
} as const;

/** Says when one begins or ends, and nothing in between. */
function useSaid(now: readonly Transfer[], since: boolean, name: (transfer: Transfer) => string): void {
  const known = useRef<Map<string, boolean> | null>(since ? new Map() : null);
  useEffect(() => {
    const before = known.current;
    known.current = new Map(now.map((it) => [it.id, isUnderWay(it)]));
    const said = (before ? now : []).flatMap((it) => {
      const was = before?.get(it.id) ?? false;
      if (isUnderWay(it) === was) {
        return [];
      }
      const key = was ? SAID[it.state as keyof typeof SAID] : 'transfer.saidBegun';
      return t(key, { name: name(it) });
    });
    if (said.length > 0) {
      announce(said.join(' '));
    }
  });
}
