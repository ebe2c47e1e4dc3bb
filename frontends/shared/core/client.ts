// The GraphQL client: a normalising cache over the transport. Connections and other parts without an id live inside
// the object that has them.
import { type Cache, cacheExchange, type KeyingConfig } from '@urql/exchange-graphcache';
import { Client, fetchExchange, mapExchange } from 'urql';
import type { Host } from './host';
import { ENDPOINT, transport } from './transport';

const EMBEDDED = [
  'Viewer Connection SourceStatus PageInfo Person Attendee RichText UserError',
  'MailConnection MeetingConnection ChatConnection TaskConnection RecordingConnection',
  'ConnectPayload DisconnectPayload UnlinkPayload',
  // Known by numbers of their own site only: another site gives the same number to something else.
  'Project IssueType Status Priority Transition Comment Attachment',
  'ProjectConnection ProjectEdge IssueConnection IssueEdge CommentConnection CommentEdge',
  'MailContext MailIssue IssueSuggestion MailAttachment CreateForm FormField FormOption AttachedFile',
  'MyWork WorkList MyMeetings MyMeeting MyTasks MyTask',
  'LinkMailPayload CreateIssuePayload CreateIssueFromMailPayload AddCommentPayload',
  'TransitionIssuePayload AssignIssuePayload AttachMailPayload',
]
  .join(' ')
  .split(' ');

const JOINS = ['mails', 'meetings', 'chats', 'tasks', 'recordings'];

interface DocumentWithHash {
  __meta__?: { hash?: string };
  definitions: readonly { kind: string; name?: { value: string } }[];
}

export function makeClient(host: Host): Client {
  const hashes = new Map<string, string>();
  return new Client({
    url: ENDPOINT,
    preferGetMethod: false,
    fetch: transport(host, (operation) => hashes.get(operation)),
    exchanges: [
      mapExchange({
        onOperation(operation) {
          const document = operation.query as unknown as DocumentWithHash;
          const name = document.definitions.find((it) => it.kind === 'OperationDefinition')?.name?.value;
          const hash = document.__meta__?.hash;
          if (name && hash) {
            hashes.set(name, hash);
          }
        },
      }),
      cacheExchange({
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
              cache.invalidate('Query', 'issue');
            },
          },
        },
      }),
      fetchExchange,
    ],
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
