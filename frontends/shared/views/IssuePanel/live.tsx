// What happens on a work item's page while it is shown: the part that it concerns is read again, and nothing else.
import type { ReactNode } from 'react';
import { readFragment } from '../../gql/fragment-masking';
import {
  ActionsFragmentDoc,
  type IssueEventKind,
  IssueEventsDocument,
  type IssueEventsSubscription,
  type LinkKind,
} from '../../gql/graphql';
import { t } from '../../i18n';
import { comments } from '../live/comments';
import { Commented } from '../live/lines';
import { listening, type View } from '../live/listening';
import { topic } from '../live/live';
import type { Listening } from '../useLive';
import type { Issue } from './IssuePanel';
import { ORDER } from './layout';
// What is read again comes with what says so.
import './parts';
import type { Part, ReadPart } from './useParts';

export interface Hub extends View {
  id: string;
  issue: Issue;
  read: ReadPart;
  /** Takes what has the transfers read again, for whoever shows them. */
  again: { current: (() => void) | null };
  /** The host shows comments itself. */
  comments: boolean;
}

/** What an event changes of what is shown; what is linked by its kind, and everything for what it does not name. */
const CHANGES: Record<IssueEventKind, Part | 'all' | 'comment' | 'linked' | 'nothing'> = {
  CREATED: 'head',
  UPDATED: 'head',
  DELETED: 'all',
  COMMENTED: 'comment',
  COMMENT_UPDATED: 'comment',
  COMMENT_DELETED: 'comment',
  LINKED: 'linked',
  UNLINKED: 'linked',
  MAIL_RECEIVED: 'mails',
  MAIL_REMOVED: 'mails',
  MEETING_CHANGED: 'meetings',
  // Who is there is not shown, and a full room would have it read again for each of them.
  PARTICIPANTS_CHANGED: 'nothing',
  CHAT_MESSAGE: 'chats',
  TASK_CHANGED: 'tasks',
  RECORDING_CHANGED: 'recordings',
  TRANSFER_CHANGED: 'transfers',
  GAP: 'linked',
};

const LINKED: Record<LinkKind, Part> = {
  MAIL: 'mails',
  MEETING: 'meetings',
  CHAT: 'chats',
  TASK: 'tasks',
  RECORDING: 'recordings',
};

export function hub(get: () => Hub, show: (line: ReactNode) => void): Listening {
  let comment: string | null = null;
  const view = listening(get, show, () => {
    const { url, key } = readFragment(ActionsFragmentDoc, get().issue);
    return comment ? <Commented name={key ?? ''} url={url} comment={comment} /> : null;
  });
  const said = comments(view.ready, (id) => {
    comment = id;
    view.draw();
    return t('live.comment');
  });
  const parts = Object.fromEntries(
    (['head', 'transfers', ...ORDER] as const).map((part) => [part, view.part(() => again(part))]),
  ) as Record<Part, () => void>;
  const { again: reread } = get();
  reread.current = parts.transfers;

  async function again(part: Part): Promise<boolean> {
    const before = get().issue;
    const now = await get().read(part);
    if (!now) {
      return false;
    }
    if (part === 'transfers') {
      // What shows them says itself when one begins or ends.
      return true;
    }
    // That it changed is not shown by itself.
    const fields = (Object.keys(now) as (keyof Issue)[]).filter((it) => it !== 'updatedAt');
    view.changed(
      fields.map((it) => before[it]),
      fields.map((it) => now[it]),
      () => t(part === 'head' ? 'live.issue' : `block.${part}`),
      part === 'head' ? '.head' : `[data-block="${part}"] .block-head`,
    );
    return true;
  }

  function take({ issueEvents: { kind, commentId, linkKind } }: IssueEventsSubscription): void {
    const change = CHANGES[kind] ?? 'all';
    const part = change === 'linked' ? ((linkKind && LINKED[linkKind]) ?? 'all') : change;
    if (part === 'all') {
      view.missed();
    } else if (part === 'comment') {
      if (commentId && !get().comments) {
        said.take(kind, commentId);
      }
    } else if (part !== 'nothing') {
      parts[part]();
    }
  }

  const since = () => get().issue.updatedAt ?? null;
  view.hear([topic('issue', IssueEventsDocument, { issue: get().id }, take, since)]);
  return {
    close() {
      reread.current = null;
      said.stop();
      view.close();
    },
  };
}
