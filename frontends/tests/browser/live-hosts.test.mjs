// What changes while it is shown, in the pane beside a mail and in the tabs of Teams, under Microsoft's own libraries.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { broken, launch, shoot } from '../../testkit/browser.mjs';
import { policyOf, startGateway } from '../../testkit/gateway.mjs';
import { freshMailWorld, MAILS } from '../../testkit/mail-world.mjs';
import { GATEWAY, OUTLOOK, startOutlook } from '../../testkit/outlook.mjs';
import { openPane, VALUES } from '../../testkit/pane.mjs';
import { eventually, still } from '../../testkit/patience.mjs';
import { openTab, TEAMS, VALUES as TEAMS_VALUES, teamsPages } from '../../testkit/teams.mjs';
import { arrived, changed } from '../../testkit/transfers.mjs';
import { freshWorkWorld } from '../../testkit/work-world.mjs';

let browser;
let gateway;
let hosts;

before(async () => {
  const scripts = 'https://appsforoffice.microsoft.com https://ajax.aspnetcdn.com';
  const connects = 'https://login.microsoftonline.com https://res.cdn.office.net';
  const policy = policyOf(scripts, '', connects, `${OUTLOOK} ${TEAMS}`);
  gateway = await startGateway({ office: { values: { ...VALUES, ...TEAMS_VALUES }, policy } });
  gateway.public = GATEWAY;
  hosts = await startOutlook(() => gateway.origin, teamsPages());
  browser = await launch({ rules: hosts.rules });
});

after(async () => {
  await browser?.close();
  await hosts?.close();
  await gateway?.close();
});

const operations = () => gateway.requests.map((it) => it.operationName);
const streams = { open: (field) => gateway.streams.open(field) };
const DONE = { id: '5', name: 'Done', category: 'DONE' };

/** One test: a world, an add-in opened in it, and no accessibility rule broken at its end. */
function live(name, world, open, act) {
  test(name, { timeout: 120_000 }, async () => {
    gateway.world = world();
    gateway.requests.length = 0;
    gateway.streams.all.length = 0;
    const shown = await open();
    const { page, frame, context } = shown;
    try {
      const says = (text) => frame.getByText(text).first().waitFor();
      const status = () =>
        frame.evaluate(() =>
          [...document.querySelectorAll('[role=status]')].map((it) => it.textContent).join(''),
        );
      const told = (text) => eventually(async () => assert.match(await status(), text));
      /** Waits until these are listened to. */
      const listens = (...fields) =>
        eventually(() =>
          assert.deepEqual(
            gateway.streams
              .open()
              .map((it) => it.field)
              .sort(),
            fields,
          ),
        );
      const done = async (suffix = '') => {
        await shown.ready();
        await still(frame);
        await shoot(page, `live-${(name + suffix).replace(/\W+/g, '-')}`);
        assert.deepEqual(await broken(frame), []);
        const wide = await frame.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `nothing scrolls sideways, but ${wide} px do`);
      };
      /** The line that says how it stands, while streams are refused and when they are had again. */
      const losesAndFinds = async (fields, meanwhile) => {
        gateway.world.unheard = { status: 503, code: 'UNAVAILABLE' };
        for (const it of gateway.streams.open()) it.drop();
        await frame.locator('.live-line').getByText('Not live just now; reconnecting…').waitFor();
        await told(/^Not live just now/);
        await done(' lost');
        meanwhile();
        gateway.world.unheard = null;
        await frame.evaluate(() => dispatchEvent(new Event('online')));
        await listens(...fields);
        await frame.locator('.live-line').waitFor({ state: 'detached' });
      };
      await act({ ...shown, says, told, listens, done, losesAndFinds, world: gateway.world });
      assert.deepEqual(await broken(frame), [], 'as it was left');
    } finally {
      await context.close();
    }
  });
}

const beside =
  (mail = 'offer', options = {}) =>
  async () => {
    const token = () => ({ token: 'token-1', username: 'grace@acme.example' });
    const pane = await openPane(browser, { mails: MAILS, mail, token, ...options });
    return { ...pane, card: (key) => pane.frame.locator(`.card[data-key="${key}"]`) };
  };

const inTeams =
  (options = {}) =>
  async () => {
    const tab = await openTab(browser, options);
    return { ...tab, block: (it) => tab.frame.locator(`[data-block="${it}"]:visible`) };
  };

const idOf = (key) => `issue-site-acme-${key}`;
const toIssue = (id) => (variables) => variables.issue === id;
const emit = (...given) => gateway.streams.emit(...given);

live(
  'a colleague moves a mail’s work item on',
  freshMailWorld,
  beside(),
  async ({ world, card, says, told, listens, done, frame }) => {
    await says('Kick-off for the Frankfurt roll-out');
    await listens('issueEvents', 'issueEvents');
    assert.ok(streams.open().every((it) => it.authorization === 'Bearer token-1'));
    const [{ issue }] = world.issues[MAILS.offer.messageId];
    await card('DEMO-42').getByRole('button', { name: 'Show what can be done with DEMO-42' }).click();
    await card('DEMO-42').getByRole('button', { name: 'Change status' }).focus();
    issue.status = DONE;
    issue.assignee = { name: 'Hedy Lamarr', accountId: 'hedy' };
    const sent = Date.now();
    await emit('issueEvents', { kind: 'UPDATED' }, toIssue(idOf('DEMO-42')));
    await card('DEMO-42').locator('.lozenge').getByText('Done').first().waitFor();
    assert.ok(Date.now() - sent < 2_000, `it took ${Date.now() - sent} ms`);
    await card('DEMO-42').getByText('Hedy Lamarr').waitFor();
    await told(/^Updated: DEMO-42\./);
    assert.deepEqual(operations(), ['MailPane', 'MailCard'], 'that work item alone is read');
    assert.match(await frame.evaluate(() => document.activeElement.textContent), /Change status/);
    await done();
  },
);

live(
  'a mail comes in a linked conversation, a comment, and a recording',
  freshMailWorld,
  beside(),
  async ({ card, says, told, listens, done }) => {
    await says('Order access cards');
    await listens('issueEvents', 'issueEvents');
    await emit('issueEvents', { kind: 'MAIL_RECEIVED' }, toIssue(idOf('DEMO-57')));
    await card('DEMO-57').getByText('A mail came in the conversation.').waitFor();
    await told(/^A mail came in the conversation of DEMO-57\./);
    await emit('issueEvents', { kind: 'COMMENTED', commentId: '10099' }, toIssue(idOf('DEMO-57')));
    await card('DEMO-57').getByText('A comment was added.').waitFor();
    await told(/^A comment was added to DEMO-57\./);
    assert.equal(
      await card('DEMO-57').getByRole('link', { name: /^Show/ }).getAttribute('href'),
      'https://acme.atlassian.net/browse/DEMO-57?focusedCommentId=10099',
    );
    await emit('issueEvents', { kind: 'RECORDING_CHANGED' }, toIssue(idOf('DEMO-57')));
    await card('DEMO-57').getByText('A recording is ready.').waitFor();
    await told(/^A recording of DEMO-57 is ready\./);
    assert.equal(await card('DEMO-42').locator('.live-line').count(), 0);
    assert.deepEqual(operations(), ['MailPane'], 'nothing has to be read for that');
    await done();
    await emit('issueEvents', { kind: 'COMMENT_DELETED', commentId: '10099' }, toIssue(idOf('DEMO-57')));
    await card('DEMO-57').getByText('A comment was added.').waitFor({ state: 'detached' });
  },
);

live(
  'one’s own comment is no news',
  freshMailWorld,
  beside('support'),
  async ({ card, says, listens, frame, page }) => {
    await says('Badge reader');
    await listens('issueEvents');
    await card('DEMO-7').getByRole('button', { name: 'Comment on DEMO-7', exact: true }).click();
    await frame.locator('textarea:focus').waitFor();
    await page.keyboard.type('Seen.');
    await card('DEMO-7').getByRole('button', { name: 'Add comment' }).click();
    await frame.locator('textarea').waitFor({ state: 'detached' });
    // comment-1 is what the stand-in called it; the other is somebody else's.
    await emit('issueEvents', { kind: 'COMMENTED', commentId: 'comment-1' });
    await emit('issueEvents', { kind: 'COMMENTED', commentId: 'comment-2' });
    const link = card('DEMO-7').getByRole('link', { name: /^Show/ });
    await link.waitFor();
    assert.match(await link.getAttribute('href'), /comment-2$/);
  },
);

live(
  'a link is taken away elsewhere',
  freshMailWorld,
  beside(),
  async ({ world, card, says, listens, told }) => {
    await says('Order access cards');
    await listens('issueEvents', 'issueEvents');
    // What is not shown here is not read either.
    await emit('issueEvents', { kind: 'UNLINKED', linkKind: 'MEETING' }, toIssue(idOf('DEMO-57')));
    world.issues[MAILS.offer.messageId].pop();
    await emit('issueEvents', { kind: 'UNLINKED', linkKind: 'MAIL' }, toIssue(idOf('DEMO-57')));
    await card('DEMO-57').waitFor({ state: 'detached' });
    await told(/^Updated: Work items/);
    await listens('issueEvents');
    assert.deepEqual(operations(), ['MailPane', 'MailIssues']);
  },
);

live('another mail is opened', freshMailWorld, beside(), async ({ select, says, listens }) => {
  await says('Kick-off');
  await listens('issueEvents', 'issueEvents');
  await select('support');
  await says('Badge reader');
  await listens('issueEvents');
  assert.deepEqual(streams.open()[0].variables, { issue: idOf('DEMO-7') });
});

for (const width of [320, 450]) {
  live(
    `beside a mail, lost and regained at ${width}`,
    freshMailWorld,
    beside('offer', { width }),
    async ({ world, says, listens, losesAndFinds }) => {
      await says('Kick-off');
      await listens('issueEvents', 'issueEvents');
      await losesAndFinds(['issueEvents', 'issueEvents'], () => {
        world.issues[MAILS.offer.messageId][0].issue.summary = 'Kick-off moved to March';
      });
      await says('Kick-off moved to March');
      assert.deepEqual(operations(), ['MailPane', 'MailPane'], 'and catches up, once');
    },
  );
}

const DAY = ['meetingEvents', 'taskEvents', 'workEvents'];

live(
  'a colleague moves one of my work items on',
  freshWorkWorld,
  inTeams(),
  async ({ world, block, says, told, listens, frame, done }) => {
    await says('Access cards for the external team');
    await listens(...DAY);
    const heard = streams.open('workEvents')[0].variables.issues;
    assert.deepEqual(
      heard,
      ['issue-DEMO-42', 'issue-DEMO-57', 'issue-OPS-7'],
      'all that are shown, in one stream',
    );
    await frame.getByRole('link', { name: /Power and network/ }).focus();
    world.issues.kickoff.status = DONE;
    world.issues.kickoff.summary = 'Kick-off moved to March';
    const sent = Date.now();
    await emit('workEvents', { kind: 'UPDATED', issueId: 'issue-DEMO-42' });
    await block('issues').getByText('Kick-off moved to March').waitFor();
    assert.ok(Date.now() - sent < 2_000, `it took ${Date.now() - sent} ms`);
    await block('today').getByText('Kick-off moved to March').waitFor();
    await block('tasks').getByText('Kick-off moved to March').waitFor();
    await told(/^Updated: Work items\./);
    assert.deepEqual(operations(), ['MyWork', 'MyList'], 'the list alone is read, and the others know');
    assert.match(await frame.evaluate(() => document.activeElement.textContent), /Power and network/);
    await done();
  },
);

live(
  'a meeting is moved and a task is done',
  freshWorkWorld,
  inTeams(),
  async ({ world, block, says, told, listens }) => {
    await says('Access cards');
    await listens(...DAY);
    world.today[1].meeting = { ...world.today[1].meeting, subject: 'Weekly sync, one hour later' };
    await emit('meetingEvents', { kind: 'UPDATED' });
    await block('today').getByText('Weekly sync, one hour later').waitFor();
    await told(/^Updated: Today\./);
    world.todo.pop();
    await emit('taskEvents', { kind: 'COMPLETED' });
    await block('tasks').getByText('Order access cards').waitFor({ state: 'detached' });
    await told(/^Updated: Open tasks\./);
    assert.deepEqual(operations(), ['MyWork', 'MyDay', 'MyTodo']);
    world.today[1].meeting = { ...world.today[1].meeting, subject: 'Weekly sync, two hours later' };
    await emit('meetingEvents', { kind: 'GAP' });
    await block('today').getByText('Weekly sync, two hours later').waitFor();
    assert.deepEqual(operations().slice(3), ['MyDay'], 'what was missed of one list is read by itself');
  },
);

live(
  'a list of one’s own choice',
  freshWorkWorld,
  inTeams(),
  async ({ world, block, says, listens, frame }) => {
    await says('Access cards');
    await listens(...DAY);
    await frame.getByRole('button', { name: 'Reported' }).click();
    await block('issues').getByText('Signed offer from the integrator').waitFor();
    await eventually(() =>
      assert.ok(streams.open('workEvents').at(-1)?.variables.issues.includes('issue-DEMO-61')),
    );
    world.issues.offer.summary = 'Signed offer, second version';
    await emit('workEvents', { kind: 'UPDATED', issueId: 'issue-DEMO-61' });
    await block('issues').getByText('Signed offer, second version').waitFor();
    // What only a meeting names is read by itself.
    world.issues.kickoff.summary = 'Kick-off moved to March';
    await emit('workEvents', { kind: 'UPDATED', issueId: 'issue-DEMO-42' });
    await block('today').getByText('Kick-off moved to March').waitFor();
    await eventually(() => assert.equal(operations().length, 5));
    assert.deepEqual(operations().slice(0, 3), ['MyWork', 'MyList', 'MyList']);
    assert.deepEqual(operations().slice(3).sort(), ['MyList', 'WorkItem']);
  },
);

live(
  'a work item’s page, and back to a list that has caught up',
  freshWorkWorld,
  inTeams(),
  async ({ world, frame, says, listens, block, done, told }) => {
    await says('Access cards');
    await listens(...DAY);
    await frame.getByRole('link', { name: 'Kick-off for the Frankfurt roll-out' }).first().click();
    await block('mails').getByText('Signed offer').waitFor();
    await listens('issueEvents');
    world.lists.mails.unshift({ ...world.lists.mails[1], id: 'new', subject: 'The new racks are here' });
    await emit('issueEvents', { kind: 'MAIL_RECEIVED' });
    await block('mails').getByText('The new racks are here').waitFor();
    await told(/^Updated: Mail\./);
    await emit('issueEvents', { kind: 'COMMENTED', commentId: '10099' });
    await says('A comment was added.');
    assert.deepEqual(operations(), ['MyWork', 'IssuePanel', 'IssueMails']);
    await done();
    world.issues.cards.summary = 'Access cards, all of them';
    await frame.getByRole('link', { name: 'My work' }).click();
    await block('issues').getByText('Access cards, all of them').waitFor();
    await listens(...DAY);
  },
);

for (const [width, theme] of [
  [320, 'default'],
  [1024, 'dark'],
  [450, 'contrast'],
]) {
  live(
    `a recording is attached in Teams at ${width} ${theme}`,
    freshWorkWorld,
    inTeams({ width, theme, context: { subEntityId: 'issue-DEMO-42' } }),
    async ({ world, frame, listens, block, done, told }) => {
      const recordings = block('recordings');
      await listens('issueEvents');
      await frame.getByRole('button', { name: /^Attach recording Weekly sync/ }).click();
      await recordings.getByText('Jira takes up to 1 GB for each file.').waitFor();
      await frame.getByLabel('I know that, and want it attached.').check();
      await done(' dialog');
      await frame.getByRole('button', { name: 'Attach 1 file' }).click();
      await recordings.getByText('Waiting for its turn · 94 MB').waitFor();
      await told(/^Attaching Video/);
      const [transfer] = world.transfers;
      await listens('issueEvents', 'transferProgress');
      await emit('transferProgress', changed(world, transfer.id, { state: 'RUNNING', sent: 74_000_000 }));
      await recordings.getByText('74 of 94 MB').waitFor();
      await done(' under way');
      await emit('transferProgress', arrived(world, transfer));
      await recordings.getByText(/^Attached · Zoom_.*\.mp4 · 94 MB$/).waitFor();
      await told(/is attached\.$/);
      await listens('issueEvents');
      assert.equal(operations().filter((it) => it === 'IssuePanel').length, 1, operations());
    },
  );
}

live(
  'a channel’s list',
  freshWorkWorld,
  inTeams({
    address: `/addins/teams/tab?jql=${encodeURIComponent('project = "DEMO" AND statusCategory != Done ORDER BY updated DESC')}`,
  }),
  async ({ world, frame, says, listens, told }) => {
    await says('Access cards');
    await listens('issueCreated', 'workEvents');
    assert.deepEqual(streams.open('issueCreated')[0].variables, { project: 'DEMO', site: null });
    world.issues.cards.status = DONE;
    await emit('workEvents', { kind: 'UPDATED', issueId: 'issue-DEMO-57' });
    await frame.locator('.issue-row .lozenge').getByText('Done').waitFor();
    await told(/^Updated: Work items\./);
    const { cards, kickoff, vendor } = world.issues;
    world.found = () => ({ nodes: [vendor, cards, kickoff] });
    await emit('issueCreated', { kind: 'CREATED' });
    await says('Choose a vendor');
    assert.deepEqual(operations(), ['ChannelIssues', 'ChannelPage', 'ChannelPage']);
    await eventually(() =>
      assert.ok(streams.open('workEvents').at(-1)?.variables.issues.includes('issue-DEMO-63')),
    );
  },
);

for (const [width, theme] of [
  [320, 'default'],
  [1024, 'dark'],
  [1024, 'contrast'],
]) {
  live(
    `my work, lost and regained at ${width} ${theme}`,
    freshWorkWorld,
    inTeams({ width, theme }),
    async ({ world, says, listens, losesAndFinds }) => {
      await says('Access cards');
      await listens(...DAY);
      await losesAndFinds(DAY, () => {
        world.issues.cards.summary = 'Access cards, all of them';
      });
      await says('Access cards, all of them');
      assert.deepEqual(operations(), ['MyWork', 'MyWork'], 'and catches up, once for all streams');
    },
  );
}

live(
  'Microsoft is not connected',
  () => {
    const world = freshWorkWorld();
    world.set('MICROSOFT', 'NOT_CONNECTED');
    world.graph = { state: 'NOT_CONNECTED' };
    return world;
  },
  inTeams(),
  async ({ says, listens, frame }) => {
    await says('Access cards');
    await listens(...DAY);
    await frame.getByRole('button', { name: 'Connect Microsoft 365' }).waitFor();
  },
);
