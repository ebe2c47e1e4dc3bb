// Every state of the Jira panel, inside Connect's real host library, against the stand-in gateway.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { broken, launch, offline, shoot } from '../../testkit/browser.mjs';
import { startGateway } from '../../testkit/gateway.mjs';
import { startJira } from '../../testkit/jira.mjs';
import { openPanel } from '../../testkit/panel.mjs';
import { calm, eventually, hold, still } from '../../testkit/patience.mjs';
import { freshWorld } from '../../testkit/world.mjs';

let browser;
let jira;
let gateway;

before(async () => {
  browser = await launch();
  jira = await startJira();
  gateway = await startGateway({ allJs: jira.allJs });
});

after(async () => {
  await browser?.close();
  await gateway?.close();
  await jira?.close();
});

/** One test: a world, the panel opened in it, and no accessibility rule broken at its end. */
function state(name, arrange, act, options = {}) {
  test(name, { timeout: 60_000 }, async () => {
    gateway.world = freshWorld();
    gateway.requests.length = 0;
    arrange?.(gateway.world);
    const panel = await openPanel(browser, { jira, gateway, ...options });
    const { context, page, frame } = panel;
    try {
      const done = async () => {
        await calm(frame);
        await shoot(page, name.replace(/\W+/g, '-'));
        const violations = await broken(frame);
        assert.deepEqual(violations, []);
        const wide = await frame.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `nothing scrolls sideways, but ${wide} px do`);
      };
      await act({ ...panel, done, world: gateway.world });
    } finally {
      await context.close();
    }
  });
}

const claimOf = (authorization, name) =>
  JSON.parse(Buffer.from(authorization.split('.')[1], 'base64url').toString())[name];

const operations = () => gateway.requests.map((it) => it.operationName);

for (const width of [320, 450, 800]) {
  for (const mode of ['light', 'dark']) {
    state(
      `ready at ${width} ${mode}`,
      null,
      async ({ page, frame, says, done, complaints }) => {
        await says('Signed offer from the Frankfurt site');
        await done();
        assert.deepEqual(operations(), ['IssuePanel'], 'first paint is one round trip');
        assert.equal(gateway.requests[0].query, undefined, 'only the hash of the document travels');
        assert.match(gateway.requests[0].authorization, /^JWT /);
        assert.equal(gateway.requests[0].variables.id, '10042');
        assert.equal(claimOf(gateway.requests[0].authorization, 'n'), '1', 'and one token');
        assert.ok(!frame.url().includes('jwt='), 'the page token has left the address');
        assert.deepEqual(
          complaints.filter((it) => !it.includes('[ACJS]')),
          [],
        );
        await eventually(async () => {
          const content = await frame.evaluate(
            () => document.getElementById('app').getBoundingClientRect().height,
          );
          const given = await page.evaluate(() => document.querySelector('iframe').offsetHeight);
          assert.ok(Math.abs(content - given) <= 1, `the frame is ${given} px for ${content} px of content`);
        });
      },
      { width, mode },
    );
  }
}

state(
  'dark before the theme has arrived',
  null,
  async ({ frame, says, done }) => {
    await says('Signed offer');
    await frame.waitForFunction(() => document.documentElement.dataset.colorMode === 'dark');
    assert.equal(
      await frame.evaluate(() => getComputedStyle(document.body).backgroundColor),
      'rgb(29, 33, 37)',
    );
    await done();
  },
  { mode: 'dark', themeless: true },
);

state('loading', hold, async ({ page, frame, says, world }) => {
  await frame.waitForSelector('.skeleton');
  await still(frame);
  await shoot(page, 'loading');
  assert.deepEqual(await broken(frame), []);
  world.release();
  await says('Kick-off for the Frankfurt roll-out');
});

state(
  'forced colors',
  null,
  async ({ says, done }) => {
    await says('Signed offer');
    await done();
  },
  { forcedColors: 'active' },
);

state(
  'german',
  null,
  async ({ says, done }) => {
    await says('Besprechungen');
    await says('3 weitere in anderen Postfächern');
    await done();
  },
  { locale: 'de_DE', width: 320 },
);

state(
  'empty',
  (world) => world.empty(),
  async ({ says, done }) => {
    await says('No mail is linked to this work item yet.');
    await done();
  },
);

state(
  'microsoft not connected',
  (world) => world.set('MICROSOFT', 'NOT_CONNECTED'),
  async ({ says, done, block, frame }) => {
    await says('Connect Microsoft 365');
    await says('Kick-off');
    assert.equal(await block('mails').count(), 0, 'one placemat, not four');
    assert.equal(await frame.getByRole('button', { name: 'Connect Microsoft 365' }).count(), 1);
    assert.equal(await block('meetings').count(), 1, 'Zoom meetings are there all the same');
    await done();
  },
);

const SPEAKING = '**/assets/all-*.js';
const speaking = {};

state(
  'what has to be said of a source is on its way',
  (world) => world.set('ZOOM', 'NOT_CONNECTED'),
  async ({ frame, says, done }) => {
    await speaking.asked;
    await frame.locator('.skeleton').first().waitFor();
    assert.equal(await frame.locator('.row').count(), 0, 'nothing is drawn that would have to move for it');
    const first = frame.waitForFunction(
      () => document.querySelector('.row') && { complete: Boolean(document.querySelector('.placemat')) },
    );
    speaking.release();
    assert.deepEqual(await (await first).jsonValue(), { complete: true });
    await says('Connect Zoom');
    await done();
  },
  {
    prepare: (context) => {
      const held = new Promise((resolve) => {
        speaking.release = resolve;
      });
      speaking.asked = context.waitForEvent('request', (it) => /all-/.test(it.url()));
      return context.route(SPEAKING, async (route) => {
        await held;
        await route.fallback();
      });
    },
  },
);

state(
  'what has to be said of a source does not come',
  (world) => world.set('ZOOM', 'NOT_CONNECTED'),
  async ({ context, says, press, done }) => {
    await says('Signed offer');
    await says('The server cannot be reached.');
    await context.unroute(SPEAKING);
    await press('Try again');
    await says('Connect Zoom');
    await done();
  },
  { prepare: (context) => context.route(SPEAKING, (route) => route.abort()) },
);

state(
  'nothing connected',
  (world) => {
    world.set('MICROSOFT', 'NOT_CONNECTED');
    world.set('ZOOM', 'NOT_CONNECTED');
  },
  async ({ says, done }) => {
    await says('Connect Zoom');
    await done();
  },
  { width: 800 },
);

for (const silent of [false, true]) {
  state(
    `connecting Microsoft${silent ? ' when the window cannot speak' : ''}`,
    (world) => {
      world.set('MICROSOFT', 'NOT_CONNECTED');
      world.silentPopup = silent;
    },
    async ({ page, press, says, done, block }) => {
      await says('Connect Microsoft 365');
      const popup = page.waitForEvent('popup');
      await press('Connect Microsoft 365');
      await popup;
      await block('mails').getByText('Signed offer').waitFor({ timeout: 15_000 });
      await done();
      assert.equal(operations().filter((it) => it === 'Connect').length, 1);
    },
  );
}

state(
  'sign-in window blocked',
  (world) => world.set('ZOOM', 'NOT_CONNECTED'),
  async ({ frame, press, says, done }) => {
    await says('Connect Zoom');
    await frame.evaluate(() => {
      window.open = () => null;
    });
    await press('Connect Zoom');
    await says('Open the sign-in page');
    await done();
  },
);

state(
  'sign-in declined',
  (world) => {
    world.set('ZOOM', 'NOT_CONNECTED');
    world.declines = true;
  },
  async ({ press, says, done }) => {
    await says('Connect Zoom');
    await press('Connect Zoom');
    await says('Zoom did not let you in, or you declined.');
    await done();
  },
);

state(
  'sign-in cannot start',
  (world) => {
    world.set('ZOOM', 'NOT_CONNECTED');
    world.blockedConnect = true;
  },
  async ({ press, says, done }) => {
    await says('Connect Zoom');
    await press('Connect Zoom');
    await says('The sign-in to Zoom could not be started.');
    await done();
  },
);

state(
  'administrator has to approve',
  (world) => {
    world.set('MICROSOFT', 'ADMIN_CONSENT_REQUIRED', {
      adminConsentUrl: 'https://login.example/adminconsent?client_id=1',
    });
  },
  async ({ frame, press, says, done }) => {
    await says('Approval needed');
    await press('Copy link');
    await says('Copied');
    const input = await frame.getByLabel('Link for your administrator').inputValue();
    assert.equal(input, 'https://login.example/adminconsent?client_id=1');
    await done();
  },
);

state(
  'one feature lacks consent',
  (world) => {
    Object.assign(world.sources.chats, { state: 'CONSENT_REQUIRED', missingScopes: ['Chat.Read'] });
    Object.assign(world.sources.tasks, {
      state: 'ADMIN_CONSENT_REQUIRED',
      adminConsentUrl: 'https://login.example/admin',
    });
  },
  async ({ says, done }) => {
    await says('Microsoft 365 needs your permission for this: Chats.');
    await says('Signed offer');
    await done();
  },
);

state(
  'sign-in has ended',
  (world) => {
    world.set('MICROSOFT', 'REAUTH_REQUIRED');
    world.set('ZOOM', 'REAUTH_REQUIRED');
  },
  async ({ says, done }) => {
    await says('Your sign-in to Microsoft 365 has ended.');
    await done();
  },
);

state(
  'zoom down then back',
  (world) => world.set('ZOOM', 'UNAVAILABLE'),
  async ({ says, block, done, world, frame }) => {
    await block('recordings').getByText('Zoom is not answering.').waitFor();
    await says('Signed offer');
    await done();
    world.set('ZOOM', 'READY');
    await block('recordings').getByRole('button', { name: 'Try again' }).click();
    await says('Kick-off');
    await block('recordings').getByText('Weekly sync').waitFor();
    assert.deepEqual(operations(), ['IssuePanel', 'IssueRecordings'], 'only that block was read again');
    await eventually(async () => {
      const focused = await frame.evaluate(() => document.activeElement.id);
      assert.equal(focused, 'block-recordings', 'the focus did not fall out of the block');
    });
  },
);

state('shown rows survive trouble', null, async ({ says, press, block, done, world }) => {
  await says('Signed offer');
  world.set('MICROSOFT', 'TIMED_OUT');
  await press('Refresh');
  await block('mails').getByText('Microsoft 365 took too long to answer.').waitFor();
  await block('mails').getByText('Signed offer').waitFor();
  await block('mails').getByText('Shown as last read.').waitFor();
  await done();
});

state(
  'rate limited and forbidden',
  (world) => {
    Object.assign(world.sources.mails, { state: 'RATE_LIMITED', retryAfter: 90 });
    Object.assign(world.sources.chats, { state: 'FORBIDDEN' });
    Object.assign(world.sources.tasks, { state: 'ACCESS_BLOCKED' });
    Object.assign(world.sources.recordings, { state: 'PARTIAL' });
  },
  async ({ says, done }) => {
    await says(/Microsoft 365 asks us to slow down. Trying again at \d+:\d\d/);
    await says('Your Microsoft 365 account may not read this.');
    await done();
  },
);

state(
  'rate limited tries again by itself',
  (world) => {
    Object.assign(world.sources.mails, { state: 'RATE_LIMITED', retryAfter: 2 });
  },
  async ({ says, block, world }) => {
    await says(/asks us to slow down/);
    world.sources.mails.state = 'READY';
    await block('mails').getByText('Signed offer').waitFor();
  },
);

state(
  'zoom not configured',
  (world) => world.set('ZOOM', 'NOT_CONFIGURED'),
  async ({ says, block, done, frame }) => {
    await says('Signed offer');
    assert.equal(await block('recordings').count(), 0);
    await frame.getByRole('button', { name: 'Connections' }).click();
    await frame.locator('.connection').first().waitFor();
    assert.equal(await frame.locator('.connection').count(), 1);
    await done();
  },
);

state(
  'network down',
  (world) => {
    world.reset = true;
  },
  async ({ says, press, done, world }) => {
    await says('The server cannot be reached.');
    await done();
    world.reset = false;
    await press('Try again');
    await says('Signed offer');
  },
);

state(
  'not signed in',
  (world) => {
    world.refuse = { status: 401, code: 'UNAUTHENTICATED', correlationId: 'c-1' };
  },
  async ({ says, done }) => {
    await says('Jira did not confirm who you are.');
    await done();
  },
);

state('refresh fails', null, async ({ says, press, done, world }) => {
  await says('Signed offer');
  world.refuse = { status: 500, code: 'INTERNAL', correlationId: 'c-2' };
  await press('Refresh');
  await says('Could not refresh.');
  await says('Signed offer');
  await done();
});

state(
  'not visible',
  (world) => {
    world.issue = null;
  },
  async ({ says, done }) => {
    await says('This work item does not exist, or you may not see it.');
    await done();
  },
);

state(
  'jira details missing',
  (world) => {
    const fail = () => {
      throw new Error('upstream');
    };
    world.issue = { summary: fail, status: fail, assignee: fail };
  },
  async ({ says, done }) => {
    await says('Jira did not answer for every detail');
    await says('Signed offer');
    await done();
  },
);

state('show more', null, async ({ frame, block, done, says }) => {
  await says('Signed offer');
  assert.equal(await block('mails').locator('.row').count(), 5);
  await block('mails').getByRole('button', { name: 'Show more' }).click();
  await frame.waitForFunction(() => document.querySelectorAll('[data-block=mails] .row').length === 20);
  await eventually(async () =>
    assert.match(await frame.evaluate(() => document.activeElement.textContent), /Delivery note 4711/),
  );
  assert.deepEqual(operations(), ['IssuePanel'], 'what is there already is not asked for again');
  // Atlassian's page still grows the frame for the new rows, and a click on what moves meets nothing.
  await calm(frame);
  await block('mails').getByRole('button', { name: 'Show more' }).click();
  await frame.waitForFunction(() => document.querySelectorAll('[data-block=mails] .row').length === 26);
  assert.deepEqual(operations(), ['IssuePanel', 'IssueMails']);
  assert.equal(await block('mails').getByRole('button', { name: 'Show more' }).count(), 0);
  await done();
});

state(
  'a first page of others',
  (world) => {
    world.skip = 20;
  },
  async ({ block, says, done }) => {
    await says('None is in your mailbox.');
    await block('mails').getByRole('button', { name: 'Show more' }).click();
    await block('mails').locator('.row').first().waitFor();
    assert.deepEqual(operations(), ['IssuePanel', 'IssueMails']);
    await done();
  },
);

state('removing a link', null, async ({ frame, block, done, says, press }) => {
  await says('Signed offer');
  await press('Remove link: Signed offer from the Frankfurt site');
  await says('Remove this link for everyone?');
  await done();
  await block('mails').getByRole('button', { name: 'Remove link', exact: true }).click();
  await frame.waitForFunction(() => !document.body.textContent.includes('Signed offer'));
  await frame.getByRole('status').getByText('Link removed').waitFor();
  await eventually(async () =>
    assert.equal(await frame.evaluate(() => document.activeElement.id), 'block-mails'),
  );
  await calm(frame);
  assert.deepEqual(operations(), ['IssuePanel', 'Unlink']);
});

state('connections menu', null, async ({ press, says, done, block, frame }) => {
  await says('Signed offer');
  await press('Connections');
  await says('Connected since');
  await press('Disconnect Microsoft 365');
  await says('Our access ends at once');
  await done();
  await frame.locator('.question').getByRole('button', { name: 'Disconnect', exact: true }).click();
  await frame.waitForFunction(() => !document.body.textContent.includes('Signed offer'));
  await frame.getByText('Nothing is copied into Jira').waitFor();
  assert.equal(await block('mails').count(), 0, 'nothing of that account is shown any more');
});

state('keyboard alone', null, async ({ page, frame, says }) => {
  await says('Signed offer');
  // What can be done with it comes a little later than the rest.
  await frame.getByRole('button', { name: 'Change status of DEMO-42' }).waitFor();
  await frame.locator('.key').focus();
  const walked = [];
  for (let step = 0; step < 9; step++) {
    walked.push(
      await frame.evaluate(
        () => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent,
      ),
    );
    await page.keyboard.press('Tab');
  }
  assert.match(
    walked.join('|'),
    /^DEMO-42.*\|Connections\|Refresh\|Change status of DEMO-42\|.*\|Comment on DEMO-42\|Re: Roll-out plan.*\|Remove link: Re: Roll-out plan/,
  );
});

test('outside of Jira the panel says where it belongs', async () => {
  const context = await offline(browser);
  const page = await context.newPage();
  await page.route('**/all.js', (route) => route.abort());
  await page.goto(`${gateway.origin}/addins/jira-panel/`);
  await page.getByText('Open this page from Jira, Outlook or Teams.').waitFor();
  await context.close();
});

test('a document the gateway has forgotten is sent whole', async () => {
  gateway.world = freshWorld();
  gateway.requests.length = 0;
  const context = await offline(browser, { viewport: { width: 450, height: 900 } });
  const page = await context.newPage();
  await page.route('**/graphql', async (route) => {
    const body = route.request().postDataJSON();
    if (body.documentId) body.documentId = 'sha256:forgotten';
    await route.continue({ postData: JSON.stringify(body) });
  });
  const panel = `${gateway.origin}/addins/jira-panel/?xdm_e=${encodeURIComponent(jira.origin)}`;
  await page.goto(`${jira.origin}/browse/DEMO-42?panel=${encodeURIComponent(panel)}`);
  const frame = await (await page.waitForSelector('iframe')).contentFrame();
  await frame.getByText('Signed offer').waitFor();
  assert.match(gateway.requests[1].query, /query IssuePanel/);
  await context.close();
});
