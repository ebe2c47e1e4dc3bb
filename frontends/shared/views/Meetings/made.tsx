// What follows once a meeting was made: the meetings are read again, and what is missing of it is said.
import type { ReactNode } from 'react';
import { readFragment } from '../../gql/fragment-masking';
import { type MeetingRowFragment, MeetingRowFragmentDoc } from '../../gql/graphql';
import { span, t } from '../../i18n';
import { announce } from '../../ui/announcer';
import { AdminLink } from '../Account/AdminLink';
import { FIRST, inOrder } from '../IssuePanel/Block';
import type { PanelIssue } from '../IssuePanel/context';
import { meetings } from '../IssuePanel/Meeting';
import { notify } from './notices';
import { problemOf } from './wrong';

/** A meeting as the panel has it now. */
export interface Found {
  id: string;
  row: MeetingRowFragment;
  /** It stands behind those that are shown at first. */
  hidden: boolean;
}

/** Reads the meetings again, and finds the one that a link leads to; null when it is not there. */
export async function reread(panel: PanelIssue, link: string | undefined): Promise<Found | null> {
  const issue = await panel.read('meetings').catch(() => null);
  const nodes = issue?.meetings ? inOrder(meetings, meetings.read(issue.meetings).nodes) : [];
  const at = nodes.findIndex((it) => it.linkId === link);
  const node = nodes[at];
  return node ? { id: node.id, row: readFragment(MeetingRowFragmentDoc, node), hidden: at >= FIRST } : null;
}

/** Says on the page what was done, where the row does not show it. */
export function sayHidden(panel: PanelIssue, found: Found | null, text: string): void {
  if (found?.hidden) {
    const { subject, startsAt, endsAt } = found.row;
    const when = startsAt ? span(startsAt, endsAt) : null;
    notify(panel.id, { tone: 'info', text: [text, [subject, when].filter(Boolean).join(', ')].join(' ') });
  }
}

/** `missing` says why its event is not in the calendar, by the gateway's code. */
export async function made(
  panel: PanelIssue,
  link: string | undefined,
  missing: string | undefined,
): Promise<void> {
  if (!missing) {
    announce(t('meet.scheduled'));
    sayHidden(panel, await reread(panel, link), t('meet.scheduled'));
    return;
  }
  const { text } = problemOf({ code: missing, field: ['calendar'], message: '' }, 'ZOOM');
  const partly = (part?: () => ReactNode) =>
    notify(panel.id, {
      tone: 'warning',
      text: `${t('meet.partly')} ${text} ${t('meet.partlyDo')}`,
      ...(part ? { part } : {}),
    });
  partly();
  const url = (await reread(panel, link))?.row.joinUrl;
  if (url) {
    partly(() => <AdminLink url={url} label={t('meet.joinLink')} />);
  }
}
