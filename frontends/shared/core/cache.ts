// A normalising cache: what one answer says of an object, every view of it shows. Connections and other parts without
// an id live inside the object that has them.
import { type Cache, cacheExchange, type KeyingConfig } from '@urql/exchange-graphcache';
import type { Exchange } from 'urql';

const EMBEDDED = [
  'Viewer Connection SourceStatus PageInfo Person Attendee RichText UserError',
  'MailConnection MeetingConnection ChatConnection TaskConnection RecordingConnection',
  'ConnectPayload DisconnectPayload UnlinkPayload AttachRecordingPayload CancelTransferPayload',
  'TransferProblem TransferReceipt AttachmentLimits',
  'ScheduleMeetingPayload StartCallPayload UpdateMeetingPayload CancelMeetingPayload LinkMeetingPayload',
  'MeetingOccurrence MeetingInstances MeetingInstance MeetingRecordings MeetingSummary Transcript',
  'Participants Participant',
  // Known by numbers of their own site only: another site gives the same number to something else.
  'Project IssueType Status Priority Transition Comment Attachment',
  'ProjectConnection IssueConnection CommentConnection',
  'MyWork WorkList MyMeetings MyMeeting MyTasks MyTask',
  'AddCommentPayload TransitionIssuePayload AssignIssuePayload',
]
  .join(' ')
  .split(' ');

const JOINS = ['mails', 'meetings', 'chats', 'tasks', 'recordings'];

export function normalised(): Exchange {
  return cacheExchange({
    keys: Object.fromEntries(EMBEDDED.map((it) => [it, () => null])) as KeyingConfig,
    updates: {
      Mutation: {
        unlink(result, _args, cache) {
          const link = (result.unlink as { unlinked?: string | null } | null)?.unlinked;
          if (link) {
            forget(cache, link);
          }
        },
        disconnect(_result, _args, cache) {
          // What was read with that account must not be shown from memory.
          for (const { fieldName, arguments: given } of cache.inspectFields('Query')) {
            if (fieldName !== 'viewer') {
              cache.invalidate('Query', fieldName, given);
            }
          }
        },
      },
    },
  });
}

/** Takes the row of a removed link out of every list that shows it, without asking the gateway again. */
function forget(cache: Cache, link: string): void {
  for (const { fieldKey, fieldName } of cache.inspectFields('Query')) {
    const issue = fieldName === 'issue' ? cache.resolve('Query', fieldKey) : null;
    if (typeof issue !== 'string') {
      continue;
    }
    for (const join of cache.inspectFields(issue)) {
      const connection = JOINS.includes(join.fieldName) ? cache.resolve(issue, join.fieldKey) : null;
      if (typeof connection === 'string') {
        forgetIn(cache, connection, link);
      }
    }
  }
}

function forgetIn(cache: Cache, connection: string, link: string): void {
  const nodes = cache.resolve(connection, 'nodes');
  if (!Array.isArray(nodes)) {
    return;
  }
  const kept = nodes.filter(
    (it) => typeof it === 'string' && cache.resolve(it, 'linkId') !== link,
  ) as string[];
  if (kept.length < nodes.length) {
    cache.link(connection, 'nodes', kept);
  }
}
