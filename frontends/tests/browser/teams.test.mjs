// Every state of the tabs in Teams, under Microsoft's own teams-js, against the stand-in gateway.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { broken, launch, shoot } from '../../testkit/browser.mjs';
import { policyOf, startGateway } from '../../testkit/gateway.mjs';
import { hosted } from '../../testkit/meetings.mjs';
import { eventually, hold, still } from '../../testkit/patience.mjs';
import { GATEWAY, openTab, startTeams, TEAMS, VALUES } from '../../testkit/teams.mjs';
import { freshWorkWorld, SITES } from '../../testkit/work-world.mjs';

let browser;
let gateway;
let hosts;

before(async () => {
  const connects = 'https://login.microsoftonline.com https://res.cdn.office.net';
  gateway = await startGateway({ office: { values: VALUES, policy: policyOf('', '', connects, TEAMS) } });
  gateway.public = GATEWAY;
  hosts = await startTeams(() => gateway.origin);
  browser = await launch({ rules: hosts.rules });
});

after(async () => {
  await browser?.close();
  await hosts?.close();
  await gateway?.close();
});

const operations = () => gateway.requests.map((it) => it.operationName);

/** One test: a world, a tab opened in it, and no accessibility rule broken at its end. */
function state(name, arrange, act, options = {}) {
  test(name, { timeout: 120_000 }, async () => {
    gateway.world = freshWorkWorld();
    gateway.requests.length = 0;
    arrange?.(gateway.world);
    const tab = await openTab(browser, options);
    const { page, frame } = tab;
    try {
      const says = (text) => frame.getByText(text).first().waitFor();
      const press = (label, exact = false) =>
        frame.getByRole('button', { name: label, exact }).first().click();
      const block = (it) => frame.locator(`[data-block="${it}"]:visible`);
      const done = async (suffix = '') => {
        await page.mouse.move(0, 0);
        await tab.ready();
        await shoot(page, `teams-${name}${suffix}`.replace(/\W+/g, '-'));
        assert.deepEqual(await broken(frame), []);
        const wide = await frame.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `nothing scrolls sideways, but ${wide} px do`);
      };
      const focused = () =>
        frame.evaluate(
          () => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent,
        );
      const focuses = (name, why) => eventually(async () => assert.match(await focused(), name, why));
      /** What is typed next goes into a field. */
      const write = async (text) => {
        await frame.locator('textarea:focus').waitFor();
        await page.keyboard.type(text);
      };
      await act({ ...tab, says, press, block, done, focused, focuses, write, world: gateway.world });
      assert.deepEqual(await broken(frame), [], 'as it was left');
    } finally {
      await tab.context.close();
    }
  });
}

for (const width of [320, 450, 1024]) {
  for (const theme of ['default', 'dark', 'contrast']) {
    state(
      `my work at ${width} ${theme}`,
      null,
      async ({ says, done, calls, complaints, block }) => {
        await says('Kick-off for the Frankfurt roll-out');
        await block('today').getByText('Roll-out stand-up').waitFor();
        await done();
        assert.deepEqual(operations(), ['MyWork'], 'first paint is one round trip');
        assert.equal(gateway.requests[0].query, undefined, 'only the hash of the document travels');
        assert.equal(gateway.requests[0].authorization, 'Bearer sso-token');
        assert.equal(gateway.requests[0].variables.zone, 'Europe/Berlin');
        assert.equal((await calls('appInitialization.appLoaded')).length, 1);
        await eventually(async () =>
          assert.equal((await calls('appInitialization.success')).length, 1, 'Teams was told once'),
        );
        assert.deepEqual(
          complaints.filter((it) => !it.includes('ERR_NAME_NOT_RESOLVED')),
          [],
        );
      },
      { width, theme },
    );
  }
}

state(
  'forced colors',
  null,
  async ({ says, done }) => {
    await says('Kick-off');
    await done();
  },
  { forcedColors: 'active' },
);

state(
  'german',
  null,
  async ({ says, done }) => {
    await says('Meine Arbeit');
    await says('Offene Aufgaben');
    await done();
  },
  { context: { locale: 'de-de' }, width: 320 },
);

state('the theme changes live', null, async ({ says, teams, frame, done }) => {
  await says('Kick-off');
  await teams(() => globalThis.teams.dress('dark'));
  await frame.waitForFunction(() => document.documentElement.dataset.colorMode === 'dark');
  await eventually(async () =>
    assert.equal(
      await frame.evaluate(() => getComputedStyle(document.body).backgroundColor),
      'rgb(31, 31, 31)',
    ),
  );
  await teams(() => globalThis.teams.dress('contrast'));
  await frame.waitForFunction(() => document.documentElement.dataset.colorMode === 'contrast');
  await done();
  assert.deepEqual(operations(), ['MyWork']);
});

state('loading', hold, async ({ frame, page, calls, says, world }) => {
  await frame.getByText('Open tasks').waitFor();
  await still(frame);
  await shoot(page, 'teams-loading');
  assert.deepEqual(await broken(frame), []);
  await eventually(async () =>
    assert.equal((await calls('appInitialization.success')).length, 1, 'Teams hides its own waiting sign'),
  );
  world.release();
  await says('Kick-off for the Frankfurt roll-out');
});

state('other lists come when they are chosen', null, async ({ press, says, done }) => {
  await says('Kick-off');
  await press('Reported', true);
  await says('Signed offer from the integrator');
  await press('Watched', true);
  await says('Choose a vendor for the badge printer');
  await done();
  assert.deepEqual(operations(), ['MyWork', 'MyList', 'MyList']);
  await press('Assigned', true);
  await says('Access cards for the external team');
  assert.deepEqual(operations(), ['MyWork', 'MyList', 'MyList'], 'what is there is not asked for again');
});

state(
  'nothing to do',
  (world) => {
    world.work = { assigned: [], reported: [], watched: [] };
    world.today = [];
    world.todo = [];
  },
  async ({ says, done }) => {
    await says('Nothing open is assigned to you.');
    await says('No meetings today.');
    await says('No open tasks.');
    await done();
  },
);

state(
  'signed in by nested app authentication',
  null,
  async ({ says }) => {
    await says('Kick-off');
    assert.equal(gateway.requests[0].authorization, 'Bearer nested-token');
  },
  { naa: () => ({ token: 'nested-token', username: 'grace@acme.example' }) },
);

state(
  'single sign-on where the bridge fails',
  null,
  async ({ says }) => {
    await says('Kick-off');
    assert.equal(gateway.requests[0].authorization, 'Bearer sso-token');
  },
  { naa: () => ({ error: { status: 'PERSISTENT_ERROR', code: 'broken' } }) },
);

const consenting = { given: false };
state(
  'consent has to be given first',
  () => {
    consenting.given = false;
  },
  async ({ says, press, done }) => {
    await says('Sign in with your Microsoft account to go on.');
    await done();
    assert.deepEqual(operations(), [], 'nothing is asked without a token');
    consenting.given = true;
    await press('Sign in', true);
    await says('Kick-off');
  },
  { sso: () => (consenting.given ? { token: 'sso-token' } : { refused: 'resourceRequiresConsent' }) },
);

const expiring = { turn: 0 };
state(
  'a token that ends in the middle is renewed',
  (world) => {
    expiring.turn = 0;
    world.accepts = (it) => it !== 'Bearer stale';
  },
  async ({ says }) => {
    await says('Kick-off');
    assert.deepEqual(
      gateway.requests.map((it) => it.authorization),
      ['Bearer stale', 'Bearer fresh'],
    );
  },
  { sso: () => ({ token: expiring.turn++ ? 'fresh' : 'stale' }) },
);

state(
  'jira not connected',
  (world) => {
    world.jira = { state: 'NOT_CONNECTED' };
    world.sites = [];
  },
  async ({ says, press, done, block, world, calls }) => {
    await says('See your Jira work items here');
    await block('today').getByText('Roll-out stand-up').waitFor();
    await done();
    world.sites = [SITES.acme];
    await press('Connect Jira');
    await says('Kick-off for the Frankfurt roll-out');
    const [[url]] = await calls('authentication.authenticate');
    assert.match(url, /\/oauth\/start\?provider=JIRA/);
  },
);

state(
  'microsoft consent missing',
  (world) => {
    world.graph = { state: 'CONSENT_REQUIRED', missingScopes: ['Calendars.Read', 'Tasks.Read'] };
  },
  async ({ says, press, done, block }) => {
    await says('Kick-off');
    await says('Microsoft 365 needs your permission to show this.');
    assert.equal(await block('today').count(), 0, 'one placemat, not two notes');
    await done();
    await press('Allow access');
    await block('today').getByText('Roll-out stand-up').waitFor();
  },
);

state(
  'administrator has to approve',
  (world) => {
    world.graph = { state: 'ADMIN_CONSENT_REQUIRED', adminConsentUrl: 'https://login.example/adminconsent' };
  },
  async ({ says, done, frame }) => {
    await says('Approval needed');
    await frame.getByLabel('Link for your administrator').waitFor();
    await done();
  },
);

state(
  'graph down',
  (world) => {
    world.graph = { state: 'UNAVAILABLE' };
  },
  async ({ says, block, done, world }) => {
    await says('Kick-off');
    await block('today').getByText('Microsoft 365 is not answering.').waitFor();
    await done();
    world.graph = { state: 'READY' };
    await block('today').getByRole('button', { name: 'Try again' }).click();
    await block('today').getByText('Roll-out stand-up').waitFor();
  },
);

state('jira goes down and what was shown stays', null, async ({ says, press, block, done, world }) => {
  await says('Kick-off');
  world.siteStates = { [SITES.acme.id]: 'UNAVAILABLE' };
  await press('Refresh');
  await block('issues').getByText('Jira (acme.atlassian.net) is not answering.').waitFor();
  await block('issues').getByText('Kick-off for the Frankfurt roll-out').waitFor();
  await says('Shown as last read.');
  await done();
});

state(
  'one of two sites down',
  (world) => {
    world.sites = [SITES.acme, SITES.globex];
    world.siteStates = { [SITES.globex.id]: 'TIMED_OUT' };
  },
  async ({ says, done, block }) => {
    await block('issues').getByText('Jira (globex.atlassian.net) took too long to answer.').waitFor();
    await says('Kick-off for the Frankfurt roll-out');
    await done();
  },
);

state(
  'server unreachable',
  (world) => {
    world.reset = true;
  },
  async ({ says, press, done, world }) => {
    await says('The server cannot be reached.');
    await done();
    world.reset = false;
    await press('Try again');
    await says('Kick-off');
  },
);

state('acting from the list', null, async ({ frame, says, press, done, world, write, focuses }) => {
  await says('Access cards');
  await press('Actions for DEMO-57');
  await press('Change status of DEMO-57');
  await says('Finish');
  await done('-steps');
  await frame.getByRole('button', { name: /^Finish/ }).click();
  await frame.waitForFunction(() =>
    document.querySelector('[role=status]').textContent.includes('is now Done'),
  );
  assert.equal(world.issues.cards.status.name, 'Done');
  await focuses(/Change status of DEMO-57/, 'the focus is back where it came from');
  await press('Comment on DEMO-57');
  await write('Ordered this morning.');
  await done('-comment');
  await press('Add comment');
  await frame.waitForFunction(() => document.querySelector('[role=status]').textContent.includes('is there'));
  assert.deepEqual(
    world.comments.map((it) => it.body),
    ['Ordered this morning.'],
  );
});

state(
  'a step that jira refuses',
  (world) => {
    world.refuseStep = { code: 'FIELD_REQUIRED', field: ['resolution'], message: 'Resolution is required.' };
  },
  async ({ frame, says, press, done }) => {
    await says('Access cards');
    await press('Actions for DEMO-57');
    await press('Change status of DEMO-57');
    await frame.getByRole('button', { name: /^Finish/ }).click();
    await says('Jira wants more details for this.');
    await done();
  },
);

for (const how of ['halfway', 'in a proxy']) {
  state(
    `an answer gets lost ${how} and the comment is there once`,
    null,
    async ({ frame, says, press, write, world }) => {
      await says('Access cards');
      await press('Actions for DEMO-57');
      await press('Comment on DEMO-57');
      await write('Once.');
      world.loses = how;
      await press('Add comment');
      await says('The server cannot be reached.');
      await press('Add comment');
      await frame.waitForFunction(() =>
        document.querySelector('[role=status]').textContent.includes('is there'),
      );
      assert.deepEqual(operations(), ['MyWork', 'AddComment', 'AddComment']);
      assert.equal(world.comments.length, 1);
    },
  );
}

for (const [width, theme] of [
  [320, 'default'],
  [1024, 'default'],
  [1024, 'dark'],
  [450, 'contrast'],
]) {
  state(
    `issue page at ${width} ${theme}`,
    null,
    async ({ frame, says, done, block }) => {
      await says('Kick-off');
      await frame.getByRole('link', { name: 'Kick-off for the Frankfurt roll-out' }).first().click();
      await block('mails').getByText('Signed offer from the Frankfurt site').waitFor();
      await frame.getByRole('button', { name: 'Chat about DEMO-42' }).waitFor();
      await done();
      assert.deepEqual(operations(), ['MyWork', 'IssuePanel']);
    },
    { width, theme },
  );
}

state('to a work item and back', null, async ({ frame, says, block, focuses, teams, press, calls }) => {
  await says('Kick-off');
  await press('Reported', true);
  await frame.getByRole('link', { name: 'Signed offer from the integrator' }).click();
  await block('mails').getByText('Signed offer from the Frankfurt site').waitFor();
  await focuses(/Signed offer from the integrator/, 'the heading of the new page');
  await teams(() => globalThis.teams.back());
  await frame.getByRole('heading', { name: 'My work' }).waitFor();
  await focuses(/Signed offer from the integrator/, 'where the person left the list');
  await frame.getByRole('link', { name: 'Signed offer from the integrator' }).click();
  await press('Meet about DEMO-61');
  const link = await eventually(async () => {
    const [[it]] = await calls('executeDeepLink');
    return it;
  });
  assert.match(link, /^https:\/\/teams\.microsoft\.com\/l\/meeting\/new\?subject=DEMO-61%20Signed%20offer/);
  assert.match(link, /attendees=ada%40acme\.example/);
  await frame.evaluate(() => history.back());
  await frame.getByRole('heading', { name: 'My work' }).waitFor();
});

state(
  'a deep link opens its work item',
  null,
  async ({ frame, says, calls, block, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']).catch(() => {});
    await block('mails').getByText('Signed offer from the Frankfurt site').waitFor();
    assert.deepEqual(operations(), ['IssuePanel'], 'one round trip');
    await frame.getByRole('button', { name: 'Copy link: DEMO-42' }).click();
    await frame.waitForFunction(() => /copied/i.test(document.querySelector('[role=status]').textContent));
    assert.deepEqual(await calls('shareDeepLink'), []);
    await frame.getByRole('link', { name: 'My work' }).click();
    await says('Access cards');
  },
  { context: { subEntityId: 'issue-DEMO-42' } },
);

state(
  'issue page with zoom down',
  (world) => world.set('ZOOM', 'UNAVAILABLE'),
  async ({ block, done, world }) => {
    await block('recordings').getByText('Zoom is not answering.').waitFor();
    await done();
    world.set('ZOOM', 'READY');
    await block('recordings').getByRole('button', { name: 'Try again' }).click();
    await block('recordings').getByText('Weekly sync').waitFor();
  },
  { context: { subEntityId: 'issue-DEMO-42' } },
);

for (const [width, theme] of [
  [320, 'default'],
  [1024, 'dark'],
  [450, 'contrast'],
]) {
  state(
    `a meeting of a work item at ${width} ${theme}`,
    (world) => world.lists.meetings.push(hosted('Review of the racks', 90)),
    async ({ context, block, press, done, focuses }) => {
      await context.route('https://acme.zoom.example/**', (route) =>
        route.fulfill({ contentType: 'text/html', body: '<title>Zoom</title>' }),
      );
      const form = block('meetings').locator('.meeting-form');
      await press('Schedule a meeting', true);
      await form.getByLabel('Also put it into my Outlook calendar').check();
      await done();
      await press('Schedule', true);
      await form.waitFor({ state: 'detached' });
      await focuses(/^Schedule a meeting$/);
      await block('meetings').getByText('DEMO-42 Kick-off for the Frankfurt roll-out').waitFor();
      assert.deepEqual(operations(), ['IssuePanel', 'ScheduleMeeting', 'IssueMeetings'], 'and nothing else');
      const opening = context.waitForEvent('page');
      await press('Start Review of the racks');
      const opened = await opening;
      await opened.waitForURL(/zak=secret/);
      assert.equal(await opened.evaluate(() => window.opener), null);
      await opened.close();
      await press('Details of Review of the racks');
      await press('Cancel meeting…');
      await done(' cancel');
      await press('Cancel meeting', true);
      await block('meetings')
        .locator('.row', { hasText: 'Review of the racks' })
        .waitFor({ state: 'detached' });
    },
    { width, theme, context: { subEntityId: 'issue-DEMO-42' } },
  );
}

const CHANNEL = '/addins/teams/tab?jql=project%20%3D%20DEMO&site=site-acme&title=Demo';

for (const [width, theme] of [
  [320, 'default'],
  [1024, 'dark'],
]) {
  state(
    `channel at ${width} ${theme}`,
    null,
    async ({ says, done, frame }) => {
      await frame.getByRole('heading', { name: 'Demo' }).waitFor();
      await says('Signed offer from the integrator');
      await done();
      assert.deepEqual(operations(), ['ChannelIssues']);
      assert.deepEqual(gateway.requests[0].variables, { jql: 'project = DEMO', site: 'site-acme' });
    },
    { address: CHANNEL, width, theme },
  );
}

state(
  'channel for somebody without jira',
  (world) => {
    world.jira = { state: 'NOT_CONNECTED' };
    world.found = () => {
      throw coded('NOT_CONNECTED');
    };
  },
  async ({ says, done, press, world }) => {
    await says('See your Jira work items here');
    await done();
    world.found = () => ({ nodes: [world.issues.kickoff] });
    await press('Connect Jira');
    await says('Kick-off');
  },
  { address: CHANNEL },
);

for (const [code, words] of [
  ['BAD_USER_INPUT', 'Jira does not understand the filter of this tab.'],
  ['UPSTREAM_UNAVAILABLE', 'Jira is not answering.'],
  ['FORBIDDEN', 'a Jira site that you are not connected to'],
]) {
  state(
    `channel ${code}`,
    (world) => {
      world.found = () => {
        throw coded(code);
      };
    },
    async ({ says, done }) => {
      await says(words);
      await done();
    },
    { address: CHANNEL },
  );
}

state(
  'channel keeps what was shown',
  null,
  async ({ says, press, world }) => {
    await says('Signed offer');
    world.found = () => {
      throw coded('UPSTREAM_UNAVAILABLE');
    };
    await press('Refresh');
    await says('Jira is not answering.');
    await says('Signed offer');
  },
  { address: CHANNEL },
);

const CONFIGURE = '/addins/teams/configure';

state(
  'setting a channel up with a project',
  null,
  async ({ frame, says, done, teams }) => {
    await says('Everyone sees only what they may see in Jira.');
    await frame.getByLabel('Project', { exact: false }).last().selectOption({ label: 'Demo (DEMO)' });
    await done();
    await frame.waitForFunction(() =>
      /Save to add/.test(document.querySelector('[role=status]').textContent),
    );
    await eventually(async () => assert.equal(await teams(() => globalThis.teams.valid), true));
    await teams(() => globalThis.teams.save());
    await teams(async () => {
      while (!globalThis.teams.ended) await new Promise((resolve) => setTimeout(resolve, 50));
    });
    const saved = await teams(() => globalThis.teams.saved);
    assert.equal(saved.suggestedDisplayName, 'Demo');
    const address = new URL(saved.contentUrl);
    assert.equal(address.pathname, '/addins/teams/tab');
    assert.equal(address.searchParams.get('site'), 'site-acme');
    assert.match(address.searchParams.get('jql'), /^project = "DEMO" AND statusCategory != Done/);
    assert.equal(await teams(() => globalThis.teams.ended), 'saved');
  },
  { address: CONFIGURE, width: 640, height: 480, context: { frameContext: 'settings' } },
);

state(
  'setting a channel up with a filter',
  (world) => {
    world.found = ({ jql }) => {
      if (jql.includes('=')) return { nodes: [world.issues.kickoff] };
      throw coded('BAD_USER_INPUT');
    };
  },
  async ({ frame, says, press, done, teams }) => {
    await frame.getByLabel('A filter (JQL)').check();
    await frame.getByLabel('Filter in Jira’s query language').fill('nonsense');
    await press('Try the filter');
    await says('Jira does not understand this');
    await done('-bad');
    assert.equal(await teams(() => globalThis.teams.valid), false);
    await frame.getByLabel('Filter in Jira’s query language').fill('assignee = currentUser()');
    await press('Try the filter');
    await says('It finds, among others: DEMO-42.');
    await done();
    await eventually(async () => assert.equal(await teams(() => globalThis.teams.valid), true));
  },
  { address: CONFIGURE, width: 640, height: 480, context: { frameContext: 'settings' } },
);

state('connections menu', null, async ({ press, says, done, frame }) => {
  await says('Kick-off');
  await press('Connections');
  await says('Connected since');
  await done();
  await press('Disconnect Jira');
  await frame.locator('.question').getByRole('button', { name: 'Disconnect', exact: true }).click();
  await says('See your Jira work items here');
  assert.equal(await frame.getByText('Kick-off for the Frankfurt roll-out').count(), 0);
});

state('keyboard alone', null, async ({ page, frame, says, focused }) => {
  await says('Kick-off');
  await frame.getByRole('button', { name: 'Connections' }).focus();
  const walked = [];
  for (let step = 0; step < 8; step++) {
    walked.push(await focused());
    await page.keyboard.press('Tab');
  }
  assert.match(
    walked.join('|'),
    /^Connections\|Refresh\|Assigned\|Reported\|Watched\|Kick-off for the Frankfurt roll-out\|Actions for DEMO-42\|Access cards/,
  );
});

test('outside of Teams the tab says where it belongs', async () => {
  gateway.world = freshWorkWorld();
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(`${GATEWAY}/addins/teams/tab`);
  await page.getByText('Open this page from Jira, Outlook or Teams.').waitFor();
  assert.deepEqual(await broken(page), []);
  await context.close();
});

function coded(code) {
  return Object.assign(new Error(code), { extensions: { code } });
}
