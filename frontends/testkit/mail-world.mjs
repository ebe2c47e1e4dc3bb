// A mailbox beside Jira: a mail with its work items, what else might belong to it, and the forms to make more. Every
// state of every source can be set.

const NOW = Date.now();
const DAY = 86_400_000;

const SITES = [
  {
    __typename: 'Site',
    id: 'site-acme',
    name: 'acme.atlassian.net',
    url: 'https://acme.atlassian.net',
    product: 'jira',
  },
  {
    __typename: 'Site',
    id: 'site-globex',
    name: 'globex.atlassian.net',
    url: 'https://globex.atlassian.net',
    product: 'jira',
  },
];

const STATUSES = {
  todo: { id: '1', name: 'To Do', category: 'TO_DO' },
  progress: { id: '3', name: 'In Progress', category: 'IN_PROGRESS' },
  done: { id: '5', name: 'Done', category: 'DONE' },
};

/** The mails of the mailbox, as the host page and as the gateway know them. */
export const MAILS = {
  offer: {
    id: 'AAMkAD-offer/+=',
    messageId: '<offer@mail.acme.example>',
    subject: 'Re: DEMO-42 Roll-out in Frankfurt: signed offer and open questions for Monday',
    text: 'Hello Grace,\n\nplease find the signed offer attached. Two questions are open:\n- who orders the racks\n- when do the access cards arrive\n\nAda',
  },
  invoice: {
    id: 'AAMkAD-invoice',
    messageId: '<invoice@mail.acme.example>',
    subject: 'Invoice 4711',
    text: 'Attached is invoice 4711.',
  },
  support: {
    id: 'AAMkAD-support',
    messageId: '<support@mail.acme.example>',
    subject: 'The badge reader beeps',
    text: 'It beeps all night.',
    shared: 'support@acme.example',
  },
  draft: { writing: true, text: '' },
  plain: { writing: true, plain: true, text: '' },
  visit: { id: 'AAMkAD-visit', messageId: null, subject: 'Site visit', meeting: true },
};

const person = (name, accountId = null) => ({ name, accountId, email: null, avatarUrl: null });

function issue(key, summary, more = {}) {
  const { site = SITES[0], status = 'todo', assignee = 'Alan Turing' } = more;
  return {
    __typename: 'Issue',
    id: `issue-${site.id}-${key}`,
    key,
    url: `${site.url}/browse/${key}`,
    site,
    summary,
    status: STATUSES[status],
    assignee: assignee ? person(assignee) : null,
    priority: { id: '2', name: 'High' },
    type: { id: '1', name: 'Task', subtask: false },
    transitions: [
      { id: '21', name: 'Start', to: STATUSES.progress },
      { id: '31', name: 'Finish', to: STATUSES.done },
    ],
    isWatching: false,
  };
}

const FIELDS = [
  {
    id: 'customfield_1',
    name: 'Cost centre',
    required: true,
    hasDefault: false,
    kind: 'SELECT',
    options: [
      { id: '10', name: 'Operations' },
      { id: '11', name: 'Sales' },
    ],
  },
  { id: 'duedate', name: 'Due date', required: false, hasDefault: false, kind: 'DATE', options: null },
  { id: 'labels', name: 'Labels', required: false, hasDefault: false, kind: 'LABELS', options: null },
  { id: 'customfield_2', name: 'Effort', required: false, hasDefault: false, kind: 'NUMBER', options: null },
  {
    id: 'components',
    name: 'Components',
    required: false,
    hasDefault: false,
    kind: 'MULTI_SELECT',
    options: [
      { id: '20', name: 'Network' },
      { id: '21', name: 'Power' },
    ],
  },
];

const file = (id, name, size, more = {}) => ({
  id,
  name,
  contentType: 'application/octet-stream',
  size,
  inline: false,
  signature: false,
  kind: 'FILE',
  ...more,
});

/** A world in which everything is well. Tests change it as they need. */
export function freshMailWorld() {
  const offer = issue('DEMO-42', 'Kick-off for the Frankfurt roll-out', { status: 'progress' });
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
    /** Answers 401 to tokens it does not like. */
    accepts: null,
    host: 'OUTLOOK',
    sites: SITES.slice(0, 1),
    graph: source('MICROSOFT'),
    jira: { [SITES[0].id]: source('JIRA'), [SITES[1].id]: source('JIRA') },
    connections: { JIRA: 'READY', MICROSOFT: 'READY', ZOOM: 'NOT_CONFIGURED' },
    issues: {
      [MAILS.offer.messageId]: [
        { issue: offer, via: 'LINKED', linkId: 'link-1' },
        {
          issue: issue('DEMO-57', 'Order access cards for the external team', { assignee: null }),
          via: 'CONVERSATION',
          linkId: 'link-2',
        },
      ],
      [MAILS.support.messageId]: [
        { issue: issue('DEMO-7', 'Badge reader at the back door'), via: 'REFERENCED', linkId: null },
      ],
    },
    suggestions: {
      [MAILS.offer.messageId]: [
        { reason: 'SENDER', issue: issue('DEMO-12', 'Power and network in the new racks') },
        { reason: 'SIMILAR', issue: issue('OPS-3', 'Roll-out in Hamburg') },
      ],
      [MAILS.invoice.messageId]: [
        { reason: 'SIMILAR', issue: issue('FIN-9', 'Invoice 4710 was paid twice') },
      ],
    },
    files: [
      file('file-1', 'Offer 2026-11 signed.pdf', 482_133),
      file('file-2', 'Racks.csv', 20_480),
      file('file-3', 'image001.png', 4_812, { inline: true, signature: true }),
      file('file-4', 'Floor plan', 0, { kind: 'REFERENCE' }),
    ],
    projects: [
      { id: '10000', key: 'DEMO', name: 'Roll-out' },
      { id: '10001', key: 'FIN', name: 'Finance' },
    ],
    fields: FIELDS,
    failing: new Set(),
    mutations: [],
    mailGone: false,
    declines: false,
    connect(provider) {
      world.connections[provider] = 'READY';
      if (provider === 'MICROSOFT') world.graph = source('MICROSOFT');
    },
    root: (origin) => rootOf(world, origin),
  };
  return world;
}

function source(provider) {
  return {
    __typename: 'SourceStatus',
    provider,
    state: 'READY',
    retryAfter: null,
    missingScopes: [],
    adminConsentUrl: null,
    claims: null,
  };
}

export const SHOWS = ['READY', 'PARTIAL'];
const SECOND = SITES[1];
export const twoSites = (world) => {
  world.sites = SITES;
  world.issues[MAILS.offer.messageId].push({
    issue: issue('DEMO-42', 'Globex: handover of the Frankfurt site', { site: SECOND }),
    via: 'KEY',
    linkId: null,
  });
};

function rootOf(world, origin) {
  const viewer = () => ({
    host: world.host,
    person: 'person',
    site: null,
    sites: world.connections.JIRA === 'READY' ? world.sites : [],
    connections: Object.entries(world.connections).map(([provider, state]) => ({
      provider,
      state,
      scopes: [],
      missingScopes: [],
      connectUrl: null,
      connectedAt: new Date(NOW - 40 * DAY).toISOString(),
      subject: provider === 'JIRA' ? 'account-grace' : null,
    })),
  });
  const shows = ({ issue: it }) => SHOWS.includes(world.jira[it.site.id].state);
  const find = (id) => {
    const all = [...Object.values(world.issues), ...Object.values(world.suggestions)].flat();
    return all.map((it) => it.issue).find((it) => it.id === id);
  };
  const payload = (name, input, more) => {
    world.mutations.push({ name, input });
    return { userErrors: [], replayed: false, ...more };
  };
  const attached = (ids = []) =>
    ids.map((id) => {
      const known = world.files.find((it) => it.id === id);
      const failed = world.failing.has(id);
      return {
        source: id,
        name: known?.name ?? null,
        attachment: failed ? null : { id: `attached-${id}`, name: known?.name, size: known?.size ?? 0 },
        userErrors: failed
          ? [{ code: 'ATTACHMENT_TOO_LARGE', message: 'It is larger than this site allows.' }]
          : [],
      };
    });
  return {
    viewer,
    mailContext({ input }) {
      const id = input.internetMessageId;
      const readable = SHOWS.includes(world.graph.state) && !world.mailGone;
      return {
        __typename: 'MailContext',
        mail: readable
          ? {
              __typename: 'Mail',
              id: `mail-${id}`,
              hasAttachments: true,
              attachments: world.filesFail ? null : world.files,
              to: [],
              cc: [],
            }
          : null,
        source: world.graph,
        sources: [world.graph, ...world.sites.map((site) => ({ ...world.jira[site.id], site }))],
        issues: (world.issues[id] ?? []).filter(shows),
        suggestions: (world.suggestions[id] ?? []).filter(shows),
      };
    },
    issue: ({ id }) => find(id) ?? null,
    issues({ jql, site }) {
      world.searches ??= [];
      world.searches.push({ jql, site });
      const all = [...Object.values(world.issues), ...Object.values(world.suggestions)]
        .flat()
        .map((it) => it.issue);
      const words = (/"(.*?)\*?"/.exec(jql)?.[1] ?? '').toLowerCase();
      const nodes = all.filter(
        (it) =>
          it.site.id === site && (it.key.toLowerCase() === words || it.summary.toLowerCase().includes(words)),
      );
      return { nodes, edges: [], pageInfo: { hasNextPage: false, hasPreviousPage: false } };
    },
    projects: ({ site, search }) => ({
      nodes: world.projects
        .filter((it) => !search || it.name.toLowerCase().includes(search.toLowerCase()))
        .map((it) => ({ ...it, iconUrl: null, site: SITES.find((its) => its.id === site) ?? SITES[0] })),
      edges: [],
      pageInfo: { hasNextPage: Boolean(world.manyProjects) && !search, hasPreviousPage: false },
    }),
    createForm: ({ input }) => ({
      project: { ...world.projects.find((it) => it.id === input.project), site: SITES[0] },
      types: [
        { id: '1', name: 'Task', subtask: false },
        { id: '2', name: 'Bug', subtask: false },
      ],
      type: { id: input.type ?? '1', name: 'Task', subtask: false },
      fields: world.fields,
      handoffUrl: `https://acme.atlassian.net/secure/CreateIssueDetails!init.jspa?pid=${input.project}&issuetype=1`,
    }),
    connect: ({ input }) =>
      world.blockedConnect
        ? { url: null, userErrors: [{ code: 'NOT_CONFIGURED', message: '' }] }
        : { url: `${origin}/oauth/start?provider=${input.provider}`, userErrors: [] },
    disconnect: ({ input }) => {
      world.connections[input.provider] = 'NOT_CONNECTED';
      return { disconnected: input.provider, viewer: viewer(), userErrors: [] };
    },
    linkMail({ input }) {
      const { internetMessageId: id, wholeConversation } = input;
      const known = find(input.issue);
      const link = `link-${world.mutations.length + 10}`;
      world.issues[id] ??= [];
      world.issues[id] = world.issues[id].filter((it) => it.issue.id !== known.id);
      world.issues[id].push({
        issue: known,
        via: wholeConversation ? 'CONVERSATION' : 'LINKED',
        linkId: link,
      });
      world.suggestions[id] = (world.suggestions[id] ?? []).filter((it) => it.issue.id !== known.id);
      return payload('linkMail', input, {
        link: { id: link, kind: 'MAIL', createdAt: new Date().toISOString(), wholeConversation },
      });
    },
    unlink({ input }) {
      for (const id of Object.keys(world.issues)) {
        world.issues[id] = world.issues[id].filter((it) => it.linkId !== input.link);
      }
      return payload('unlink', input, { unlinked: input.link });
    },
    transitionIssue({ input }) {
      const known = find(input.issue);
      known.status = known.transitions.find((it) => it.id === input.transition).to;
      return payload('transitionIssue', input, { issue: known });
    },
    assignIssue({ input }) {
      const known = find(input.issue);
      known.assignee = person('Grace Hopper', 'account-grace');
      return payload('assignIssue', input, { issue: known });
    },
    addComment: ({ input }) =>
      payload('addComment', input, { comment: { id: 'comment-1' }, issue: find(input.issue) }),
    attachMail: ({ input }) =>
      payload('attachMail', input, {
        issue: find(input.issue),
        attachments: attached(input.attachments ?? []),
      }),
    createIssueFromMail({ input }) {
      const before = world.mutations.find(
        (it) => it.name === 'createIssueFromMail' && it.input.idempotencyKey === input.idempotencyKey,
      );
      if (world.refusesFields) {
        return payload('refused', input, {
          issue: null,
          link: null,
          attachments: [],
          userErrors: [{ code: 'FIELD_INVALID', field: ['fields', 'customfield_1'], message: 'No.' }],
        });
      }
      const id = input.mail.internetMessageId;
      const made = before?.made ?? issue('DEMO-99', input.summary, { assignee: null });
      if (!before) {
        world.issues[id] ??= [];
        world.issues[id].push({ issue: made, via: 'LINKED', linkId: 'link-made' });
      }
      const answer = payload('createIssueFromMail', input, {
        issue: made,
        link: {
          id: 'link-made',
          kind: 'MAIL',
          createdAt: new Date().toISOString(),
          wholeConversation: input.wholeConversation,
        },
        attachments: attached(input.attachments ?? []),
        replayed: Boolean(before),
      });
      world.mutations.at(-1).made = made;
      return answer;
    },
  };
}
