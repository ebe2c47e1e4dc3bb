// A work item with mail, meetings, chats, tasks and recordings. Every state of every source can be set.
import { meetingsOf } from './meetings.mjs';
import { filesOf, transferring } from './transfers.mjs';

const NOW = Date.now();
const HOUR = 3_600_000;
const at = (hours) => new Date(NOW + hours * HOUR).toISOString();
const person = (name) => ({
  name,
  email: `${name.split(' ')[0].toLowerCase()}@acme.example`,
  avatarUrl: null,
  accountId: null,
});

const SUBJECTS = [
  'Re: Roll-out plan and open questions for Monday',
  'Signed offer from the Frankfurt site',
  'Fwd: Room booking, 4th floor',
  'Access cards for the external team',
  'Minutes of the steering group',
  'Delivery note 4711',
  'Re: Re: Delivery note 4711',
  'Power and network in the new racks',
];
const PEOPLE = [
  'Ada Lovelace',
  'Katherine Johnson',
  'Alan Turing',
  'Grace Hopper',
  'Edsger Dijkstra',
  'Hedy Lamarr',
];

function mailOf(n) {
  return {
    __typename: 'Mail',
    id: `mail-${n}`,
    linkId: `link-mail-${n}`,
    subject: SUBJECTS[n % SUBJECTS.length] + (n < SUBJECTS.length ? '' : ` (${n})`),
    from: person(PEOPLE[n % PEOPLE.length]),
    to: [],
    cc: [],
    receivedAt: at(-0.2 - n * 5),
    preview: 'Dear all, please find the answers to the open points below. The site is ready from Monday on.',
    hasAttachments: n % 3 === 1,
    isRead: n > 1,
    webUrl: `https://outlook.example/mail/${n}`,
  };
}

/** A world in which everything is well. Tests change it as they need. */
export function freshWorld() {
  const lists = {
    mails: Array.from({ length: 26 }, (_, n) => mailOf(n)),
    meetings: [
      meeting('TEAMS', 'Roll-out stand-up', -0.05, 0.5, { joinUrl: 'https://teams.example/join' }),
      meeting('OUTLOOK', 'Site visit Frankfurt', 26, 29, { location: 'Main lobby' }),
      meeting('ZOOM', 'Weekly sync with the integrator', 50, 51, { joinUrl: 'https://zoom.example/j/1' }),
      meeting('OUTLOOK', 'Supplier call', -75, -74, { cancelled: true }),
    ],
    chats: [
      chat('Roll-out Frankfurt', 'GROUP', PEOPLE, -1),
      chat(null, 'ONE_ON_ONE', PEOPLE.slice(1, 2), -30),
    ],
    tasks: [
      task('Send the agenda to everybody', 'COMPLETED', { completedAt: at(-20) }),
      task('Book the room on the 4th floor', 'NOT_STARTED', { dueAt: at(-50), importance: 'high' }),
      task('Order access cards', 'IN_PROGRESS', { dueAt: at(70) }),
    ],
    recordings: [
      recording('Weekly sync with the integrator', -118, 42, 184_500_000, true),
      recording('Kick-off', -600, 96, 1_340_000_000, false),
    ],
  };
  const world = {
    /** A promise for which every answer waits. */
    held: null,
    /** The connection ends without a word. */
    reset: false,
    /** How the next answer gets lost, after what it answers was done: 'in a proxy' or 'halfway'. */
    loses: null,
    refuse: null,
    /** Streams give no sign of life. */
    silent: false,
    /** What is answered instead of a stream: `{ status, code }`. */
    unheard: null,
    silentPopup: false,
    lists,
    hidden: { mails: 3 },
    sources: {
      mails: source('MICROSOFT'),
      meetings: source('MICROSOFT'),
      chats: source('MICROSOFT'),
      tasks: source('MICROSOFT'),
      recordings: source('ZOOM'),
      zoomSource: source('ZOOM'),
    },
    issue: {},
    /** Recordings on their way into the work item, the newest first. */
    transfers: [],
    attachments: [],
    limits: { enabled: true, largest: 1_000_000_000 },
    /** Why nothing is attached: `[code, field, message]`. */
    refuseAttach: null,
    /** Why nothing is done with a meeting: `[code, field]`. */
    refuseMeeting: null,
    /** What was answered for each key, why an event is missing beside a Zoom meeting, what is left of any meeting. */
    meetings: { answers: new Map(), missing: null, past: {} },
    blockedConnect: false,
    /** Sets every source of a provider to a state. */
    set(provider, state, more = {}) {
      for (const it of Object.values(world.sources)) {
        if (it.provider === provider) Object.assign(it, { state, ...more });
      }
    },
    connect(provider) {
      world.set(provider, 'READY');
    },
    empty() {
      for (const name of Object.keys(lists)) lists[name] = [];
      world.hidden = {};
    },
    root: (origin) => rootOf(world, origin),
  };
  return world;
}

function rootOf(world, origin) {
  const viewer = () => ({
    host: 'JIRA',
    person: 'person',
    sites: [],
    connections: [
      { provider: 'JIRA', state: 'READY', scopes: [], missingScopes: [] },
      {
        provider: 'MICROSOFT',
        state: world.sources.mails.state,
        scopes: [],
        missingScopes: [],
        connectedAt: at(-900),
      },
      {
        provider: 'ZOOM',
        state: world.sources.recordings.state,
        scopes: [],
        missingScopes: [],
        connectedAt: at(-400),
      },
    ],
  });
  return {
    viewer,
    issue: ({ id }) => (world.issue === null ? null : issueOf(world, id)),
    connect: ({ input }) =>
      world.blockedConnect
        ? { url: null, userErrors: [{ code: 'NOT_CONFIGURED', message: '' }] }
        : { url: `${origin}/oauth/start?provider=${input.provider}`, userErrors: [] },
    disconnect: ({ input }) => {
      world.set(input.provider, 'NOT_CONNECTED');
      return { viewer: viewer(), userErrors: [] };
    },
    unlink: ({ input }) => {
      for (const name of Object.keys(world.lists)) {
        world.lists[name] = world.lists[name].filter((it) => it.linkId !== input.link);
      }
      return { unlinked: input.link, userErrors: [] };
    },
    ...transferring(world),
    ...meetingsOf(world),
  };
}

function issueOf(world, id) {
  const join = (name) => (args) => page(world, name, args);
  return {
    __typename: 'Issue',
    id: `issue-${id}`,
    key: 'DEMO-42',
    url: 'https://acme.example/browse/DEMO-42',
    site: { id: 'site', url: 'https://acme.example', product: 'jira' },
    summary: 'Kick-off for the Frankfurt roll-out',
    status: { id: '3', name: 'In Progress', category: 'IN_PROGRESS' },
    priority: { id: '2', name: 'High' },
    assignee: person('Grace Hopper'),
    mails: join('mails'),
    meetings: join('meetings'),
    chats: join('chats'),
    tasks: join('tasks'),
    recordings: join('recordings'),
    transfers: world.transfers,
    attachments: world.attachments,
    attachmentLimits: world.limits,
    ...world.issue,
  };
}

const SHOWS = ['READY', 'PARTIAL'];

function page(world, name, { first = 20, after }) {
  const status = { ...world.sources[name] };
  const zoomSource = { ...world.sources.zoomSource };
  const all = world.lists[name].filter((it) =>
    SHOWS.includes(it.provider === 'ZOOM' ? zoomSource.state : status.state),
  );
  const from = after ? Number(after) : 0;
  const links = all.slice(from, from + first);
  // The first links of the mails may all be somebody else's.
  const nodes = name === 'mails' ? links.filter((_, n) => from + n >= (world.skip ?? 0)) : links;
  const shows = SHOWS.includes(status.state);
  return {
    nodes,
    edges: nodes.map((node, n) => ({ cursor: String(from + n), node })),
    pageInfo: {
      hasNextPage: from + links.length < all.length,
      hasPreviousPage: from > 0,
      startCursor: null,
      endCursor: String(from + links.length),
    },
    source: status,
    sources: name === 'meetings' ? [status, zoomSource] : [status],
    totalCount: all.length + (world.hidden[name] ?? 0),
    hiddenCount: links.length - nodes.length + (shows && from === 0 ? (world.hidden[name] ?? 0) : 0),
  };
}

function source(provider) {
  return {
    provider,
    state: 'READY',
    retryAfter: null,
    missingScopes: [],
    adminConsentUrl: null,
    correlationId: null,
  };
}

function meeting(provider, subject, from, to, more) {
  const id = `meeting-${subject}`;
  const times = { startsAt: at(from), endsAt: at(to) };
  const where = {
    webUrl: `https://outlook.example/${encodeURIComponent(subject)}`,
    organizer: person('Ada Lovelace'),
  };
  return {
    __typename: 'Meeting',
    id,
    linkId: `link-${id}`,
    provider,
    subject,
    ...times,
    state: more.cancelled ? 'CANCELLED' : to < 0 ? 'ENDED' : from < 0 ? 'STARTED' : 'SCHEDULED',
    isHost: false,
    occurrences: [],
    attendees: [],
    ...where,
    ...more,
  };
}

function chat(topic, kind, names, updated) {
  const id = `chat-${topic ?? names[0]}`;
  const members = names.map(person);
  return {
    __typename: 'Chat',
    id,
    linkId: `link-${id}`,
    topic,
    kind,
    members,
    updatedAt: at(updated),
    webUrl: 'https://teams.example/chat',
  };
}

function task(title, status, more) {
  const id = `task-${title}`;
  return {
    __typename: 'Task',
    id,
    linkId: `link-${id}`,
    title,
    status,
    importance: 'normal',
    webUrl: 'https://todo.example/1',
    ...more,
  };
}

function recording(topic, from, durationMinutes, totalSize, passwordProtected) {
  const id = `recording-${topic}`;
  const startedAt = at(from);
  const files = filesOf(topic, totalSize, startedAt);
  const facts = { startedAt, durationMinutes, totalSize, passwordProtected, files };
  return {
    __typename: 'Recording',
    id,
    linkId: `link-${id}`,
    topic,
    shareUrl: 'https://zoom.example/rec/1',
    ...facts,
  };
}
