// What happens on a work item's page while it is shown: the part that it concerns is read again, and nothing else.
import type { ReactNode } from 'react';
import type { Host } from '../../core/host';
import { readFragment } from '../../gql/fragment-masking';
import {
  ActionsFragmentDoc,
  type IssueEventKind,
  IssueEventsDocument,
  type IssueEventsSubscription,
} from '../../gql/graphql';
import { addTexts, t } from '../../i18n';
import { live as texts } from '../../i18n/live';
import { announce } from '../../ui/announcer';
import { ownComments } from '../Account/context';
import { type Coalesced, coalesced } from '../live/coalesced';
import { Commented, Lost } from '../live/lines';
import { live, topic } from '../live/live';
import { sayChanged, tint } from '../live/said';
import type { Listening } from '../useLive';
import type { Read } from '../useRead';
import type { Issue } from './IssuePanel';
import { ORDER } from './layout';
import type { Part, PartOf, ReadPart } from './useParts';
// What is read again comes with what says so.
import './parts';

export interface Hub extends Pick<Read<unknown>, 'readAt' | 'covered' | 'reload'> {
  host: Host;
  id: string;
  issue: Issue;
  read: ReadPart;
  /** The host shows comments itself. */
  comments: boolean;
}

/** Milliseconds in which a comment may turn out to be the person's own. */
const OWN = 1_000;

/** What an event changes of what is shown; everything, for what it does not name. */
const CHANGES: Record<IssueEventKind, Part | 'all' | null> = {
  CREATED: 'head',
  UPDATED: 'head',
  DELETED: 'all',
  COMMENTED: null,
  COMMENT_UPDATED: null,
  COMMENT_DELETED: null,
  LINKED: 'all',
  UNLINKED: 'all',
  MAIL_RECEIVED: 'mails',
  MAIL_REMOVED: 'mails',
  MEETING_CHANGED: 'meetings',
  CHAT_MESSAGE: 'chats',
  TASK_CHANGED: 'tasks',
  RECORDING_CHANGED: 'recordings',
  GAP: 'all',
};

export function hub(get: () => Hub, show: (line: ReactNode) => void): Listening {
  const ready = addTexts(texts);
  let lost = false;
  let comment: string | null = null;
  const draw = () => {
    const { url, key } = readFragment(ActionsFragmentDoc, get().issue);
    show(
      lost || comment ? (
        <>
          {lost ? <Lost /> : null}
          {comment ? <Commented name={key ?? ''} url={url} comment={comment} /> : null}
        </>
      ) : null,
    );
  };
  const parts = Object.fromEntries(
    (['head', ...ORDER] as const).map((part) => [part, coalesced(() => again(part))]),
  ) as Record<Part, Coalesced>;
  const all = coalesced(async () => {
    get().reload();
    return true;
  });

  async function again(part: Part): Promise<boolean> {
    const before = get().issue;
    const now = await get().read(part);
    if (now && differ(before, now)) {
      await ready;
      sayChanged(t(part === 'head' ? 'live.issue' : `block.${part}`));
      tint(part === 'head' ? '.head' : `[data-block="${part}"] .block-head`);
    }
    return now !== null;
  }

  function take({ issueEvents: { kind, commentId } }: IssueEventsSubscription): void {
    const part = CHANGES[kind] === undefined ? 'all' : CHANGES[kind];
    if (part === 'all') {
      all();
    } else if (part) {
      parts[part]();
    } else if (commentId && !get().comments) {
      commented(kind, commentId);
    }
  }

  function commented(kind: IssueEventKind, id: string): void {
    if (kind === 'COMMENT_DELETED' && comment === id) {
      comment = null;
      draw();
    } else if (kind === 'COMMENTED') {
      setTimeout(async () => {
        await ready;
        if (!ownComments.has(id) && open) {
          comment = id;
          announce(t('live.comment'));
          draw();
        }
      }, OWN);
    }
  }

  let open = true;
  const listening = live({
    host: get().host,
    readAt: () => get().readAt.current,
    reload: () => get().reload(),
    covered: get().covered,
    async tell(on) {
      await ready;
      lost = !on;
      announce(t(on ? 'live.back' : 'live.lost'));
      draw();
    },
  });
  listening.hear([topic('issue', IssueEventsDocument, { issue: get().id }, take)]);
  return {
    close() {
      open = false;
      listening.close();
      for (const it of [all, ...Object.values(parts)]) {
        it.stop();
      }
    },
  };
}

/** Whether what was read is anything else than what is shown. */
function differ(before: Issue, now: PartOf): boolean {
  return Object.entries(now).some(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field as keyof Issue]),
  );
}
