// The work items of a list, all heard in one stream.
import { type IssueEventKind, WorkEventsDocument } from '../../gql/graphql';
import { newest, type Topic, topic } from './live';

/** How many are listened to; more are not shown at once. */
const MOST = 50;

export interface Shown {
  id: string;
  updatedAt?: string | null;
}

/** `hear` is told of one of those that `shown` gives, or of none when events may have been missed. */
export function issueTopics(
  shown: () => readonly Shown[],
  hear: (kind: IssueEventKind, issue: string | null) => void,
): Topic[] {
  // In an order of their own: another order in the list is nothing else to listen to.
  const issues = [...new Set(shown().map((it) => it.id))].slice(0, MOST).sort();
  return issues.length > 0
    ? [
        topic(
          'issues',
          WorkEventsDocument,
          { issues },
          ({ workEvents: { kind, issueId } }) => hear(kind, issueId ?? null),
          () => newest(shown().map((it) => it.updatedAt)),
        ),
      ]
    : [];
}
