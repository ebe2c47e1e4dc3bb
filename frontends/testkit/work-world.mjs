// A person's day in Teams: the work item's world of world.mjs, with lists, a calendar and tasks around it.
import { freshWorld } from './world.mjs';

const HOUR = 3_600_000;
const at = (hours) => new Date(Date.now() + hours * HOUR).toISOString();

export const SITES = {
  acme: { id: 'site-acme', name: 'acme.atlassian.net', url: 'https://acme.atlassian.net', product: 'jira' },
  globex: { id: 'site-globex', name: 'globex.atlassian.net', url: 'https://globex.atlassian.net' },
};

const STATUS = {
  todo: { id: '1', name: 'To Do', category: 'TO_DO' },
  progress: { id: '3', name: 'In Progress', category: 'IN_PROGRESS' },
  done: { id: '5', name: 'Done', category: 'DONE' },
};

const ME = { name: 'Grace Hopper', accountId: 'grace', email: 'grace@acme.example', avatarUrl: null };
const ADA = { name: 'Ada Lovelace', accountId: 'ada', email: 'ada@acme.example', avatarUrl: null };

function issue(key, summary, more = {}) {
  const site = more.site ?? SITES.acme;
  return {
    __typename: 'Issue',
    id: `issue-${key}`,
    key,
    summary,
    url: `${site.url}/browse/${key}`,
    status: STATUS.todo,
    priority: { id: '3', name: 'Medium' },
    assignee: ME,
    reporter: ADA,
    updatedAt: at(-2),
    ...more,
    site,
  };
}

/** A world in which everything is well. Tests change it as they need. */
export function freshWorkWorld() {
  const world = freshWorld();
  const issues = {
    kickoff: issue('DEMO-42', 'Kick-off for the Frankfurt roll-out', {
      status: STATUS.progress,
      priority: { id: '2', name: 'High' },
      updatedAt: at(-0.3),
    }),
    cards: issue('DEMO-57', 'Access cards for the external team', { updatedAt: at(-3) }),
    racks: issue('OPS-7', 'Power and network in the new racks, both rooms, including the emergency supply', {
      updatedAt: at(-30),
    }),
    offer: issue('DEMO-61', 'Signed offer from the integrator', { assignee: ADA, updatedAt: at(-5) }),
    vendor: issue('DEMO-63', 'Choose a vendor for the badge printer', { assignee: ADA, updatedAt: at(-50) }),
  };
  Object.assign(world, {
    host: 'TEAMS',
    issues,
    sites: [SITES.acme],
    jira: { state: 'READY' },
    /** How each site of Jira stands, by its id. */
    siteStates: {},
    graph: { state: 'READY' },
    work: {
      assigned: [issues.kickoff, issues.cards, issues.racks],
      reported: [issues.offer],
      watched: [issues.vendor, issues.offer],
    },
    today: [
      { meeting: world.lists.meetings[0], issues: [issues.kickoff] },
      { meeting: world.lists.meetings[2], issues: [] },
    ],
    todo: [
      { task: world.lists.tasks[1], issues: [issues.kickoff, issues.cards] },
      { task: world.lists.tasks[2], issues: [] },
    ],
    found: () => ({ nodes: [issues.kickoff, issues.cards, issues.offer] }),
    projects: [
      { id: '10000', key: 'DEMO', name: 'Demo', site: SITES.acme },
      { id: '10001', key: 'OPS', name: 'Operations', site: SITES.acme },
    ],
    refuseStep: null,
    comments: [],
    keys: new Map(),
  });
  const joins = world.root;
  world.connect = (provider) => {
    if (provider === 'JIRA') world.jira = { state: 'READY' };
    else world.set(provider, 'READY');
    if (provider === 'MICROSOFT') world.graph = { state: 'READY' };
  };
  world.root = (origin) => ({ ...joins(origin), ...rootOf(world, joins(origin)) });
  return world;
}

function rootOf(world, base) {
  const viewer = () => ({
    ...base.viewer(),
    host: 'TEAMS',
    sites: world.sites,
    connections: base
      .viewer()
      .connections.map((it) =>
        it.provider === 'JIRA'
          ? { ...it, ...world.jira, subject: 'grace', connectedAt: at(-700) }
          : it.provider === 'MICROSOFT'
            ? { ...it, ...world.graph }
            : it,
      ),
  });
  const byId = (id) => Object.values(world.issues).find((it) => it.id === id);
  const jiraSources = () => {
    if (world.jira.state !== 'READY') return [source('JIRA', world.jira.state)];
    return world.sites.map((site) => source('JIRA', world.siteStates[site.id] ?? 'READY', { site }));
  };
  const up = (it) => (world.siteStates[it.site.id] ?? 'READY') === 'READY' && world.jira.state === 'READY';
  const worst = (sources) => sources.find((it) => it.state !== 'READY') ?? sources[0];
  const list =
    (name) =>
    ({ first }) => {
      const sources = jiraSources();
      const all = world.work[name].filter(up);
      return { nodes: all.slice(0, first), sources, source: worst(sources), hasMore: all.length > first };
    };
  const graphList = (all) => () => {
    const sources = [source('MICROSOFT', world.graph.state, world.graph), ...jiraSources()];
    const shows = world.graph.state === 'READY';
    const nodes = shows ? all().map((it) => ({ ...it, issues: it.issues.filter(up) })) : [];
    return { nodes, sources, source: worst(sources) };
  };
  const once = (input, act) => {
    if (!world.keys.has(input.idempotencyKey)) world.keys.set(input.idempotencyKey, act());
    return world.keys.get(input.idempotencyKey);
  };
  return {
    viewer,
    myWork: {
      assigned: list('assigned'),
      reported: list('reported'),
      watched: list('watched'),
      meetings: graphList(() => world.today),
      tasks: graphList(() => world.todo),
    },
    issue: (args) => {
      const hub = base.issue(args);
      const known = byId(args.id);
      return hub && known ? { ...hub, ...known, ...world.issue, id: args.id, transitions: STEPS } : hub;
    },
    issues: (args) => {
      const found = world.found(args);
      return { pageInfo: { hasNextPage: false, endCursor: null }, edges: [], ...found };
    },
    projects: ({ search }) => {
      const nodes = world.projects.filter((it) =>
        it.name.toLowerCase().includes((search ?? '').toLowerCase()),
      );
      return { nodes, edges: [], pageInfo: { hasNextPage: false } };
    },
    transitionIssue: ({ input }) =>
      once(input, () => {
        if (world.refuseStep) return { replayed: false, userErrors: [world.refuseStep] };
        const it = byId(input.issue);
        it.status = STEPS.find((step) => step.id === input.transition).to;
        return { issue: { ...it, transitions: STEPS }, replayed: false, userErrors: [] };
      }),
    assignIssue: ({ input }) =>
      once(input, () => {
        const it = byId(input.issue);
        it.assignee = ME;
        return { issue: it, replayed: false, userErrors: [] };
      }),
    addComment: ({ input }) =>
      once(input, () => {
        world.comments.push(input);
        return { comment: { id: String(world.comments.length) }, replayed: false, userErrors: [] };
      }),
    disconnect: (args) => {
      const answer = base.disconnect(args);
      if (args.input.provider === 'JIRA') world.jira = { state: 'NOT_CONNECTED' };
      if (args.input.provider === 'MICROSOFT') world.graph = { state: 'NOT_CONNECTED' };
      return { ...answer, viewer: viewer() };
    },
  };
}

const STEPS = [
  { id: '11', name: 'Start', to: STATUS.progress },
  { id: '21', name: 'Finish', to: STATUS.done },
];

function source(provider, state, more = {}) {
  return {
    provider,
    state,
    retryAfter: null,
    missingScopes: [],
    adminConsentUrl: null,
    claims: null,
    site: null,
    ...more,
  };
}
