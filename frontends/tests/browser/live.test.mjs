// What changes while it is shown: the panel in Jira, the pane in Outlook and the tab in Teams, inside their hosts' real
// libraries, against the stand-in gateway.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { broken, launch, shoot } from '../../testkit/browser.mjs';
import { startGateway } from '../../testkit/gateway.mjs';
import { startJira } from '../../testkit/jira.mjs';
import { openPanel } from '../../testkit/panel.mjs';
import { calm, eventually, hold } from '../../testkit/patience.mjs';
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

const operations = () => gateway.requests.map((it) => it.operationName);

/** One test: the panel opened in a world and listening. */
function live(name, act, { arrange, ...options } = {}) {
  test(name, { timeout: 60_000 }, async () => {
    gateway.world = freshWorld();
    gateway.requests.length = 0;
    gateway.streams.all.length = 0;
    arrange?.(gateway.world);
    const panel = await openPanel(browser, { jira, gateway, ...options });
    const { context, page, frame } = panel;
    try {
      await panel.says('Signed offer');
      const listening = () => eventually(() => assert.equal(gateway.streams.open().length, 1));
      const told = () => frame.locator('[role=status]').textContent();
      const done = async (shot = name) => {
        await calm(frame);
        await shoot(page, `live-${shot.replace(/\W+/g, '-')}`);
        assert.deepEqual(await broken(frame), []);
        const wide = await frame.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `nothing scrolls sideways, but ${wide} px do`);
      };
      const { world } = gateway;
      await act({ ...panel, world, listening, told, done });
    } finally {
      await context.close();
    }
  });
}

const happens = (kind, more = {}) => gateway.streams.emit('issueEvents', { kind, ...more });

const mail = (n, subject) => ({
  __typename: 'Mail',
  id: `mail-new-${n}`,
  linkId: null,
  subject,
  from: { name: 'Alan Turing', email: 'alan@acme.example' },
  receivedAt: new Date().toISOString(),
  preview: 'As promised.',
  hasAttachments: false,
  isRead: false,
  webUrl: 'https://outlook.example/mail/new',
});

live('a colleague moves the work item on', async ({ frame, world, listening, told, done }) => {
  await listening();
  const [stream] = gateway.streams.open();
  assert.equal(stream.field, 'issueEvents');
  assert.deepEqual(stream.variables, { issue: '10042' });
  assert.match(stream.authorization, /^JWT /);
  assert.notEqual(stream.authorization, gateway.requests[0].authorization, 'with a token of its own');
  await frame.evaluate(() => {
    globalThis.rows = [...document.querySelectorAll('[data-block] .row')];
    globalThis.blanks = 0;
    new MutationObserver(() => {
      globalThis.blanks += document.querySelectorAll('.skeleton, .bone').length;
    }).observe(document.body, { childList: true, subtree: true });
  });
  world.issue = { summary: 'Kick-off moved to March', status: { id: '5', name: 'Done', category: 'DONE' } };
  const sent = Date.now();
  await happens('UPDATED');
  await frame.getByText('Kick-off moved to March').waitFor();
  assert.ok(Date.now() - sent < 2_000, `it took ${Date.now() - sent} ms`);
  await frame.locator('.head .lozenge').getByText('Done').waitFor();
  assert.deepEqual(operations(), ['IssuePanel', 'IssueHead'], 'its head is read again, nothing else');
  await eventually(async () => assert.match(await told(), /^Updated: Work item\./));
  assert.equal(
    await frame.evaluate(() => globalThis.rows.every((it) => it.isConnected)),
    true,
    'no row was taken away',
  );
  assert.equal(await frame.evaluate(() => globalThis.blanks), 0, 'nothing was blanked');
  await done();
});

const BLOCKS = [
  [
    'MAIL_RECEIVED',
    'mails',
    'IssueMails',
    'Mail',
    (world) => world.lists.mails.unshift(mail(1, 'The new racks are here')),
  ],
  [
    'MEETING_CHANGED',
    'meetings',
    'IssueMeetings',
    'Meetings',
    (world) => {
      world.lists.meetings[1] = { ...world.lists.meetings[1], subject: 'Site visit, one hour later' };
    },
  ],
  [
    'CHAT_MESSAGE',
    'chats',
    'IssueChats',
    'Chats',
    (world) => {
      world.lists.chats[1] = { ...world.lists.chats[1], updatedAt: new Date().toISOString() };
    },
  ],
  [
    'TASK_CHANGED',
    'tasks',
    'IssueTasks',
    'To Do',
    (world) => {
      world.lists.tasks[2] = { ...world.lists.tasks[2], title: 'Order more access cards' };
    },
  ],
  [
    'RECORDING_CHANGED',
    'recordings',
    'IssueRecordings',
    'Recordings',
    (world) => {
      world.lists.recordings.unshift({ ...world.lists.recordings[0], id: 'new', topic: 'Today’s sync' });
    },
  ],
];

for (const [kind, name, operation, heading, change] of BLOCKS) {
  live(`${kind.toLowerCase()} reads ${name} alone`, async ({ frame, world, listening, told, block }) => {
    await listening();
    const before = await block(name).textContent();
    change(world);
    await happens(kind);
    await eventually(async () => assert.notEqual(await block(name).textContent(), before));
    assert.deepEqual(operations(), ['IssuePanel', operation]);
    await eventually(async () => assert.equal((await told()).trim(), `Updated: ${heading}.`));
    assert.deepEqual(await broken(frame), []);
  });
}

live('a link that is made or taken away reads its own block alone', async ({ world, listening, block }) => {
  await listening();
  world.lists.chats.pop();
  await happens('UNLINKED', { linkKind: 'CHAT' });
  await block('chats')
    .getByRole('link', { name: /Katherine Johnson/ })
    .waitFor({ state: 'detached' });
  world.lists.tasks[2] = { ...world.lists.tasks[2], title: 'Order more access cards' };
  await happens('LINKED', { linkKind: 'TASK' });
  await block('tasks').getByText('Order more access cards').waitFor();
  world.lists.mails.unshift(mail(1, 'The new racks are here'));
  await happens('GAP', { linkKind: 'MAIL' });
  await block('mails').getByText('The new racks are here').waitFor();
  assert.deepEqual(operations(), ['IssuePanel', 'IssueChats', 'IssueTasks', 'IssueMails']);
});

live('a burst is one read, and one more after it', async ({ world, listening, block }) => {
  await listening();
  hold(world);
  for (let n = 0; n < 20; n++) {
    world.lists.mails.unshift(mail(n, `Mail ${n} of a burst`));
    await happens('MAIL_RECEIVED');
  }
  await eventually(() => assert.equal(operations().at(-1), 'IssueMails'));
  // What comes while it is being read is read afterwards, once.
  for (let n = 20; n < 40; n++) {
    world.lists.mails.unshift(mail(n, `Mail ${n} of a burst`));
    await happens('MAIL_RECEIVED');
  }
  world.release();
  await block('mails').getByText('Mail 39 of a burst').waitFor();
  await eventually(() => assert.equal(operations().length, 3));
  assert.deepEqual(operations(), ['IssuePanel', 'IssueMails', 'IssueMails']);
  // Whatever was still to come would come before this.
  await happens('TASK_CHANGED');
  await eventually(() => assert.equal(operations().length, 4));
  assert.equal(operations()[3], 'IssueTasks');
});

live('the focus and the place stay', async ({ page, frame, world, listening, block }) => {
  await listening();
  await block('mails').getByRole('button', { name: 'Show more' }).click();
  await frame.waitForFunction(() => document.querySelectorAll('[data-block=mails] .row').length === 20);
  await block('mails').getByRole('button', { name: 'Show more' }).click();
  await frame.waitForFunction(() => document.querySelectorAll('[data-block=mails] .row').length === 26);
  const link = block('mails')
    .getByRole('link', { name: /Minutes of the steering group/ })
    .first();
  await link.focus();
  world.lists.mails.unshift(mail(1, 'The new racks are here'));
  await happens('MAIL_RECEIVED');
  await block('mails').getByText('The new racks are here').waitFor();
  assert.equal(await link.evaluate((it) => it === document.activeElement), true);
  await eventually(() =>
    assert.deepEqual(operations(), ['IssuePanel', 'IssueMails', 'IssueMails', 'IssueMails']),
  );
  await frame.waitForFunction(() => document.querySelectorAll('[data-block=mails] .row').length === 27);
  assert.equal(await link.evaluate((it) => it === document.activeElement), true);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'IFRAME');
});

live('a source in trouble takes nothing away', async ({ world, listening, block, says, done }) => {
  await listening();
  world.set('MICROSOFT', 'UNAVAILABLE');
  await happens('MAIL_RECEIVED');
  await says('Microsoft 365 is not answering.');
  await block('mails').getByText('Signed offer').waitFor();
  await done();
});

live('events may have been missed', async ({ world, listening, says }) => {
  await listening();
  world.issue = { summary: 'Kick-off moved to March' };
  world.lists.mails.unshift(mail(1, 'The new racks are here'));
  await happens('GAP');
  await says('Kick-off moved to March');
  await says('The new racks are here');
  assert.deepEqual(operations(), ['IssuePanel', 'IssuePanel'], 'all of it in one round trip');
});

live('a kind of a newer gateway is no trouble', async ({ listening, says, frame }) => {
  await listening();
  const [stream] = gateway.streams.open();
  await assert.rejects(stream.emit({ id: '1', kind: 'SOMETHING_NEW' }), /Enum/, 'the schema knows it not');
  await says('Signed offer');
  assert.equal(await frame.locator('.live-line').count(), 0);
});

for (const [where, options] of [
  ['320', { width: 320 }],
  ['450', { width: 450 }],
  ['wide', { width: 800 }],
  ['dark', { mode: 'dark' }],
  ['forced colours', { forcedColors: 'active' }],
  ['German', { locale: 'de_DE', width: 320 }],
]) {
  live(
    `lost and regained, ${where}`,
    async ({ frame, world, listening, told, says, done }) => {
      await listening();
      const lost = where === 'German' ? /^Gerade nicht live/ : /^Not live just now; reconnecting/;
      world.unheard = { status: 503, code: 'UNAVAILABLE' };
      gateway.streams.open()[0].drop();
      await frame.locator('.live-line').getByText(lost).waitFor();
      await eventually(async () => assert.match(await told(), lost));
      await done();
      assert.deepEqual(operations(), ['IssuePanel'], 'nothing is read for that');
      world.issue = { summary: 'Kick-off moved to March' };
      world.unheard = null;
      await frame.evaluate(() => dispatchEvent(new Event('online')));
      await listening();
      await says('Kick-off moved to March');
      await frame.locator('.live-line').waitFor({ state: 'detached' });
      await eventually(async () =>
        assert.match(await told(), where === 'German' ? /^Wieder live/ : /^Live again/),
      );
      assert.deepEqual(operations(), ['IssuePanel', 'IssuePanel'], 'and catches up');
    },
    options,
  );
}

live('a loss that is short is not spoken of', async ({ frame, listening, world, says, told }) => {
  await listening();
  await frame.evaluate(() => {
    globalThis.lines = 0;
    new MutationObserver(() => {
      globalThis.lines += document.querySelectorAll('.live-line').length;
    }).observe(document.body, { childList: true, subtree: true });
  });
  world.issue = { summary: 'Kick-off moved to March' };
  gateway.streams.open()[0].complete();
  await says('Kick-off moved to March');
  assert.equal(await frame.evaluate(() => globalThis.lines), 0);
  assert.doesNotMatch(await told(), /live/i);
});

live(
  'a gateway that will not have it is left alone',
  async ({ frame, says, done }) => {
    await frame.waitForFunction(() => document.documentElement.dataset.live === 'false');
    await says('Signed offer');
    await done();
    assert.equal(await frame.locator('.live-line').count(), 0);
    assert.equal(gateway.streams.all.length, 0);
  },
  {
    arrange: (world) => {
      world.unheard = { status: 403, code: 'FORBIDDEN' };
    },
  },
);
