// What happens to the work items of the open mail: the one that it concerns is read again, and nothing else.
import type { ReactNode } from 'react';
import {
  type IssueEventKind,
  IssueEventsDocument,
  type LinkKind,
  MailCardDocument,
  MailIssuesDocument,
  type MailPaneQuery,
} from '../../gql/graphql';
import { t } from '../../i18n';
import { announce } from '../../ui/announcer';
import type { Fresh, Freshen, FreshIssues } from '../fresh';
import { type Comments, comments } from '../live/comments';
import { issueTopics } from '../live/issues';
import { Arrived, Commented, Recorded } from '../live/lines';
import { listening, type View } from '../live/listening';
import { topic } from '../live/live';
import type { Listening } from '../useLive';
import { cardOf } from './IssueCard';
import type { refOf } from './mailbox';

type Context = NonNullable<MailPaneQuery['mailContext']>;

export interface PaneView extends View {
  input: ReturnType<typeof refOf>;
  context: Context | null;
  put(parts: Partial<Context>): void;
  fresh: FreshIssues;
  freshen: Freshen;
}

/** Work items that are each heard with all that is linked with them; of the others only what happens to themselves. */
const WHOLE = 2;

/** What came to one work item that the pane does not show itself. */
interface Card {
  comments: Comments;
  again(): void;
  comment: string | null;
  mail: boolean;
  recording: boolean;
}

export function pane(get: () => PaneView, show: (line: ReactNode) => void): Listening {
  const view = listening(get, show);
  const cards = new Map<string, Card>();

  const belonging = view.part(async () => {
    const { input, context, put } = get();
    const data = await view.read(MailIssuesDocument, { input });
    if (!data?.mailContext) {
      return false;
    }
    put(data.mailContext);
    const ids = (it: Context['issues'] | undefined) => it?.map(({ issue, linkId }) => [issue.id, linkId]);
    view.changed(ids(context?.issues), ids(data.mailContext.issues), () => t('mail.issues'), '.block-head');
    return true;
  });

  function issueOf(id: string) {
    return get().context?.issues.find(({ issue }) => issue.id === id)?.issue ?? null;
  }

  function cardFor(id: string): Card {
    const known = cards.get(id);
    if (known) {
      return known;
    }
    const made: Card = {
      comment: null,
      mail: false,
      recording: false,
      comments: comments(view.ready, (comment) => {
        made.comment = comment;
        note(id, made);
        return t('live.commentNamed', { key: keyOf(id) });
      }),
      again: view.part(async () => {
        const { fresh, freshen } = get();
        // That it changed is not shown by itself.
        const before = { ...issueOf(id), updatedAt: undefined, ...fresh.get(id)?.issue };
        const data = await view.read(MailCardDocument, { id });
        if (!data?.issue) {
          return false;
        }
        freshen(id, { issue: data.issue });
        const key = keyOf(id);
        view.changed(before, data.issue, () => key, `.card[data-key="${key}"] .card-line`);
        return true;
      }),
    };
    cards.set(id, made);
    return made;
  }

  function keyOf(id: string): string {
    const issue = issueOf(id);
    return (issue && cardOf(issue).key) ?? '';
  }

  function note(id: string, { comment, mail, recording }: Card): void {
    const issue = issueOf(id);
    const { key = null, url = null } = issue ? cardOf(issue) : {};
    const said: Fresh['note'] =
      comment || mail || recording ? (
        <>
          {mail ? <Arrived /> : null}
          {recording ? <Recorded /> : null}
          {comment ? <Commented name={key ?? ''} url={url} comment={comment} /> : null}
        </>
      ) : null;
    get().freshen(id, { note: said });
  }

  async function take(
    kind: IssueEventKind,
    id: string,
    comment?: string | null,
    linkKind?: LinkKind | null,
  ): Promise<void> {
    if ((linkKind ?? 'MAIL') !== 'MAIL') {
      // Meetings and the like are not shown beside a mail.
      return;
    }
    const card = cardFor(id);
    switch (kind) {
      case 'CREATED':
      case 'UPDATED':
        card.again();
        break;
      case 'LINKED':
      case 'UNLINKED':
      case 'DELETED':
        belonging();
        break;
      case 'COMMENTED':
      case 'COMMENT_UPDATED':
      case 'COMMENT_DELETED':
        if (comment) {
          card.comments.take(kind, comment);
        }
        break;
      case 'MAIL_RECEIVED':
        await view.ready;
        card.mail = true;
        note(id, card);
        announce(t('live.mailNamed', { key: keyOf(id) }));
        break;
      case 'RECORDING_CHANGED':
        await view.ready;
        // Its transcript comes later, and is no other recording.
        if (!card.recording) {
          card.recording = true;
          note(id, card);
          announce(t('live.recordingNamed', { key: keyOf(id) }));
        }
        break;
      case 'GAP':
        view.missed();
        break;
    }
  }

  function look(): void {
    const shown = () => [...new Map(get().context?.issues.map(({ issue }) => [issue.id, issue])).values()];
    const one = ({ id }: { id: string }) =>
      topic(
        id,
        IssueEventsDocument,
        { issue: id },
        ({ issueEvents: { kind, commentId, linkKind } }) => take(kind, id, commentId, linkKind),
        () => issueOf(id)?.updatedAt ?? null,
      );
    view.hear([
      ...shown().slice(0, WHOLE).map(one),
      ...issueTopics(
        () => shown().slice(WHOLE),
        (kind, id) => (id ? take(kind, id) : view.missed()),
      ),
    ]);
  }

  look();
  return {
    look,
    close() {
      for (const { comments } of cards.values()) {
        comments.stop();
      }
      view.close();
    },
  };
}
