// Attaching a recording and seeing how far it is: the panel in Jira, inside Connect's real host library, against the
// stand-in gateway.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { broken, launch, shoot } from '../../testkit/browser.mjs';
import { startGateway } from '../../testkit/gateway.mjs';
import { startJira } from '../../testkit/jira.mjs';
import { openPanel } from '../../testkit/panel.mjs';
import { calm, eventually } from '../../testkit/patience.mjs';
import { arrived, changed, transferOf } from '../../testkit/transfers.mjs';
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
const asked = (name) => gateway.requests.filter((it) => it.operationName === name);
const following = () => gateway.streams.open('transferProgress').map((it) => it.variables.id);
const SYNC = 'Weekly sync with the integrator';
const NAME = `Video, screen and speaker – ${SYNC}`;
const ATTACH = `Attach recording ${SYNC} to the work item`;

/** One test: the panel opened in a world, and no accessibility rule broken whenever it is looked at. */
function state(name, act, { arrange, rowless = false, ...options } = {}) {
  test(name, { timeout: 60_000 }, async () => {
    gateway.world = freshWorld();
    gateway.requests.length = 0;
    gateway.streams.all.length = 0;
    arrange?.(gateway.world);
    const panel = await openPanel(browser, { jira, gateway, ...options });
    const { context, page, frame, complaints } = panel;
    try {
      await panel.says(/Signed offer/);
      const block = panel.block('recordings');
      if (!rowless) await block.locator('.row').first().waitFor();
      const told = (text) =>
        eventually(async () => assert.match(await frame.locator('[role=status]').textContent(), text));
      const done = async (shot = '') => {
        await calm(frame);
        await shoot(page, `transfers-${(name + shot).replace(/\W+/g, '-')}`);
        assert.deepEqual(await broken(frame), []);
        const wide = await frame.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `nothing scrolls sideways, but ${wide} px do`);
      };
      const dialog = block.locator('.attach');
      const open = async () => {
        await frame.getByRole('button', { name: ATTACH }).click();
        await dialog.waitFor();
      };
      const listens = (...ids) => eventually(() => assert.deepEqual(following(), ids));
      await act({ ...panel, world: gateway.world, block, told, done, dialog, open, listens });
      assert.deepEqual(
        complaints.filter((it) => !it.includes('[ACJS]') && !it.includes('Failed to load resource')),
        [],
      );
    } finally {
      await context.close();
      await gateway.settles();
    }
  });
}

const happens = (kind) => gateway.streams.emit('issueEvents', { kind });
const progress = (transfer) =>
  gateway.streams.emit('transferProgress', transfer, (it) => it.id === transfer.id);

/** One on its way in a world, half of it sent. */
function underWay(world, more = {}) {
  const transfer = transferOf(world.lists.recordings[0], 'MP4', { sent: 74_000_000, ...more });
  world.transfers = [transfer, ...world.transfers];
  return transfer;
}

const WHERE = [
  ['320', { width: 320 }],
  ['450', { width: 450 }],
  ['wide', { width: 800 }],
  ['dark', { mode: 'dark' }],
  ['dark and narrow', { mode: 'dark', width: 320 }],
  ['forced colours', { forcedColors: 'active' }],
];

for (const [where, options] of WHERE) {
  state(
    `the dialog, ${where}`,
    async ({ open, dialog, done }) => {
      await open();
      await dialog.getByText('Jira takes up to 1 GB for each file.').waitFor();
      const boxes = await dialog
        .getByRole('checkbox')
        .evaluateAll((all) =>
          all.map((it) => `${it.checked ? 'x' : '-'} ${it.closest('label').textContent}`),
        );
      assert.deepEqual(boxes, [
        'x Video, screen and speaker94 MB',
        '- Video, gallery63 MB',
        '- Audio only28 MB',
        '- Transcript49 kB',
        '- Chat3 kB',
        '- I know that, and want it attached.',
      ]);
      await dialog.getByText('Everyone who sees DEMO-42 will be able to open what you attach.').waitFor();
      await dialog.getByText('The recording’s passcode no longer protects it.').waitFor();
      assert.deepEqual(operations(), ['IssuePanel', 'AttachmentLimits'], 'nothing else is read for that');
      await done();
    },
    options,
  );
}

state(
  'attached from beginning to end',
  async ({ page, frame, world, open, dialog, block, told, listens, done }) => {
    await eventually(() => assert.equal(gateway.streams.open('issueEvents').length, 1));
    await open();
    await eventually(async () =>
      assert.equal(await frame.evaluate(() => document.activeElement.type), 'checkbox', 'the focus is in it'),
    );
    await dialog.getByRole('button', { name: 'Attach 1 file' }).click();
    await dialog.getByText('Confirm this first.').waitFor();
    await done(' unconfirmed');
    assert.equal(asked('AttachRecording').length, 0, 'nothing is sent without the word of the person');
    assert.equal(
      await frame.evaluate(() => document.activeElement.closest('label').textContent),
      'I know that, and want it attached.',
    );
    await page.keyboard.press('Space');
    await dialog.getByText('Confirm this first.').waitFor({ state: 'detached' });
    await dialog.getByRole('button', { name: 'Attach 1 file' }).click();
    await block.locator('.transfer').waitFor();
    const [{ variables }] = asked('AttachRecording');
    assert.equal(variables.input.issue, '10042');
    assert.equal(variables.input.recording, `recording-${SYNC}`);
    assert.deepEqual(variables.input.files, [`file-${SYNC}-shared_screen_with_speaker_view`]);
    assert.equal(variables.input.audienceAcknowledged, true);
    assert.equal(await dialog.count(), 0, 'the dialog is closed');
    assert.equal(
      await frame.evaluate(() => document.activeElement.getAttribute('aria-label')),
      ATTACH,
      'and the focus is where it was opened',
    );
    await block.getByText('Waiting for its turn · 94 MB').waitFor();
    await told(/^Attaching Video, screen and speaker – Weekly sync/);
    const [transfer] = world.transfers;
    await listens(transfer.id);
    const quiet = await frame.locator('[role=status]').textContent();
    for (const sent of [12_000_000, 47_000_000, 74_000_000]) {
      await progress(changed(world, transfer.id, { state: 'RUNNING', sent }));
      await block.getByText(`${sent / 1e6} of 94 MB`).waitFor();
    }
    const bar = block.getByRole('progressbar', { name: `Attaching ${NAME}` });
    assert.deepEqual(await bar.evaluate((it) => [it.value, it.max, it.getAttribute('aria-valuetext')]), [
      74_000_000,
      transfer.size,
      '74 of 94 MB',
    ]);
    assert.equal(await frame.locator('[role=status]').textContent(), quiet, 'nothing is said on the way');
    await done(' under way');
    const before = operations().length;
    await progress(arrived(world, transfer));
    await happens('TRANSFER_CHANGED');
    await block.getByText(/^Attached · Zoom_2026-11-21_video_\w+\.mp4 · 94 MB$/).waitFor();
    await told(/^Video.* is attached\./);
    await listens();
    assert.deepEqual(operations().slice(before), ['IssueTransfers'], 'read once, with the attachments');
    await done(' done');
  },
);

for (const [where, options] of WHERE) {
  state(
    `every state, ${where}`,
    async ({ block, done }) => {
      await block.getByText('74 of 94 MB').waitFor();
      // Its name comes with what is read when the stream is there.
      await block.getByText(/^Attached · Zoom_.* · 63 MB$/).waitFor();
      assert.deepEqual(operations().slice(0, 1), ['IssuePanel'], 'first paint is one round trip');
      await done();
      const [first, ...rest] = await block.locator('.transfer-state').allTextContents();
      assert.match(first, /^Attached · Zoom_[\d-]+_video_\w+\.mp4 · 63 MB$/);
      assert.deepEqual(rest, [
        '74 of 94 MB',
        'Waiting for its turn · 28 MB',
        'Zoom could not be reached. Next try at 14:05.',
        'The file is larger than this Jira site allows.',
        'Cancelled.',
      ]);
      assert.equal(
        await block.getByRole('button', { name: /^Cancel attaching/ }).count(),
        2,
        'own ones only',
      );
      assert.equal(await block.getByRole('button', { name: /^Try again to attach/ }).count(), 2);
    },
    {
      ...options,
      arrange: (world) => {
        const [sync, kickoff] = world.lists.recordings;
        const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
        const add = (it) => world.transfers.push(it) && it;
        const gallery = { ...sync, files: sync.files.filter((it) => it.recordingType === 'gallery_view') };
        arrived(world, add(transferOf(gallery, 'MP4', { createdAt: ago(600) })));
        add(transferOf(sync, 'MP4', { createdAt: ago(500), sent: 74_000_000 }));
        add(transferOf(sync, 'M4A', { createdAt: ago(400), state: 'QUEUED', isOwn: false }));
        const problem = (code) => ({ code, message: `The gateway’s own sentence on ${code}.` });
        const today = new Date();
        // Five past two in Berlin, in winter as in summer.
        today.setUTCMonth(0, 15);
        today.setUTCHours(13, 5, 0, 0);
        add(
          transferOf(sync, 'TRANSCRIPT', {
            createdAt: ago(300),
            state: 'QUEUED',
            failures: 2,
            nextTryAt: today.toISOString(),
            problem: problem('ZOOM_UNAVAILABLE'),
          }),
        );
        add(
          transferOf(kickoff, 'MP4', {
            createdAt: ago(200),
            endedAt: ago(100),
            state: 'FAILED',
            problem: problem('FILE_TOO_LARGE'),
          }),
        );
        add(transferOf(kickoff, 'M4A', { createdAt: ago(150), endedAt: ago(100), state: 'CANCELLED' }));
        // Too old, or nobody else’s business.
        add(transferOf(sync, 'CHAT', { createdAt: ago(9e5), endedAt: ago(9e5), state: 'DONE' }));
        add(transferOf(kickoff, 'CHAT', { endedAt: ago(5), state: 'CANCELLED', isOwn: false }));
      },
    },
  );
}

state(
  'cancelled, and begun anew',
  async ({ frame, world, block, told, listens, done }) => {
    const [transfer] = world.transfers;
    await listens(transfer.id);
    await block.getByRole('button', { name: `Cancel attaching ${NAME}` }).click();
    await block.getByText('Cancelled.').waitFor();
    await told(/^Cancelled: Video/);
    await listens();
    assert.equal(asked('CancelTransfer')[0].variables.input.transfer, transfer.id);
    await eventually(async () =>
      assert.notEqual(
        await frame.evaluate(() => document.activeElement.tagName),
        'BODY',
        'the focus is kept',
      ),
    );
    await done();
    await block.getByRole('button', { name: `Try again to attach ${NAME}` }).click();
    await block.getByText('Waiting for its turn · 94 MB').waitFor();
    await told(/^Attaching Video, screen and speaker – Weekly sync/);
    const [{ variables }] = asked('AttachRecording');
    assert.deepEqual(variables.input.files, [transfer.fileId]);
    assert.equal(variables.input.audienceAcknowledged, true);
    await listens(transfer.id);
  },
  { arrange: underWay },
);

state('refused, at the field that it concerns', async ({ world, open, dialog, done }) => {
  await open();
  await dialog.getByLabel('I know that, and want it attached.').check();
  world.refuseAttach = ['FILE_TOO_LARGE', 'files', 'too large'];
  await dialog.getByRole('button', { name: 'Attach 1 file' }).click();
  await dialog.locator('.group').getByText('A file is larger than this Jira site allows.').waitFor();
  await done();
  world.refuseAttach = ['ATTACHMENTS_DISABLED', 'issue', 'no attachments'];
  await dialog.getByRole('button', { name: 'Attach 1 file' }).click();
  await dialog.getByText('This Jira site takes no attachments.').waitFor();
  world.refuseAttach = null;
  world.loses = 'in a proxy';
  await dialog.getByRole('button', { name: 'Attach 1 file' }).click();
  await dialog.getByText(/Something went wrong|server cannot be reached/).waitFor();
  await dialog.getByRole('button', { name: 'Attach 1 file' }).click();
  await dialog.waitFor({ state: 'detached' });
  const keys = asked('AttachRecording').map((it) => it.variables.input.idempotencyKey);
  assert.equal(keys.at(-1), keys.at(-2), 'a lost answer is asked for again with the same key');
});

state(
  'too large for Jira',
  async ({ open, dialog, done }) => {
    await open();
    await dialog.getByText('Jira takes up to 50 MB for each file.').waitFor();
    const video = dialog.getByRole('checkbox', { name: /^Video, screen and speaker/ });
    assert.equal(await video.isDisabled(), true);
    assert.equal(await dialog.getByRole('checkbox', { name: /^Audio only/ }).isChecked(), true, 'what fits');
    await done();
  },
  {
    arrange: (world) => {
      world.limits = { enabled: true, largest: 50_000_000 };
    },
  },
);

state(
  'no attachments here',
  async ({ frame, block, done }) => {
    await frame.getByRole('button', { name: ATTACH }).click();
    await block.getByText('This Jira site takes no attachments.').waitFor();
    await done();
  },
  {
    arrange: (world) => {
      world.limits = { enabled: false, largest: null };
    },
  },
);

state(
  'nothing to attach',
  async ({ frame, block }) => {
    assert.equal(await block.locator('.row').count(), 2);
    assert.equal(await frame.getByRole('button', { name: /^Attach recording/ }).count(), 1);
  },
  {
    arrange: (world) => {
      const [sync, kickoff] = world.lists.recordings;
      sync.files = sync.files.map((it) => ({ ...it, status: 'processing' }));
      kickoff.files[0].status = 'processing';
    },
  },
);

state('keys alone', async ({ page, frame, block, dialog }) => {
  await frame.getByRole('button', { name: ATTACH }).focus();
  await page.keyboard.press('Enter');
  await dialog.waitFor();
  await eventually(async () =>
    assert.match(await frame.evaluate(() => document.activeElement.closest('label').textContent), /^Video/),
  );
  for (let step = 0; step < 5; step++) await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  assert.equal(await frame.evaluate(() => document.activeElement.textContent), 'Attach 1 file');
  await page.keyboard.press('Enter');
  await block.locator('.transfer').waitFor();
});

state('somebody else begins and ends one', async ({ world, block, told, listens }) => {
  await eventually(() => assert.equal(gateway.streams.open('issueEvents').length, 1));
  const transfer = underWay(world, { isOwn: false, state: 'QUEUED', sent: 0 });
  await happens('TRANSFER_CHANGED');
  await block.getByText('Waiting for its turn · 94 MB').waitFor();
  await told(/^Attaching Video, screen and speaker – Weekly sync/);
  assert.equal(await block.getByRole('button', { name: /^Cancel attaching/ }).count(), 0);
  await listens(transfer.id);
  arrived(world, transfer);
  await happens('TRANSFER_CHANGED');
  await block.getByText(/^Attached · Zoom_/).waitFor();
  assert.equal(asked('IssuePanel').length, 1, 'the whole is not read again');
  await listens();
});

state(
  'it ends while nobody hears it',
  async ({ frame, world, block, listens, told, done }) => {
    const [transfer] = world.transfers;
    await listens(transfer.id);
    world.unheard = { status: 503, code: 'UNAVAILABLE' };
    gateway.streams.open('transferProgress')[0].drop();
    await block.locator('.transfer').getByText('Not live just now; reconnecting…').waitFor();
    await done();
    arrived(world, transfer);
    world.unheard = null;
    await frame.evaluate(() => dispatchEvent(new Event('online')));
    await block.getByText(/^Attached · Zoom_/).waitFor();
    await told(/is attached\./);
    assert.equal(asked('IssuePanel').length, 1, 'the whole is not read again');
  },
  { arrange: underWay },
);

state(
  'two of several are followed',
  async ({ world, block, listens }) => {
    const [third, second, first] = world.transfers;
    await listens(second.id, first.id);
    await progress(arrived(world, second));
    await eventually(() => assert.deepEqual(following().sort(), [first.id, third.id].sort()));
    await block.getByText(/^Attached · Zoom_/).waitFor();
  },
  {
    arrange: (world) => {
      const [sync] = world.lists.recordings;
      const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
      for (const [type, state, age] of [
        ['TRANSCRIPT', 'QUEUED', 30],
        ['MP4', 'RUNNING', 20],
        ['M4A', 'QUEUED', 10],
      ]) {
        world.transfers.unshift(transferOf(sync, type, { state, createdAt: ago(age) }));
      }
    },
  },
);

state(
  'Zoom is not connected, and a recording comes all the same',
  async ({ says, block, done }) => {
    await says('Connect Zoom');
    await block.getByText('A recording').waitFor();
    await block.getByText('74 of 94 MB').waitFor();
    assert.equal(await block.getByText('No recording is linked').count(), 0);
    await done();
  },
  {
    arrange: (world) => {
      underWay(world, { isOwn: false });
      world.set('ZOOM', 'NOT_CONNECTED');
    },
    rowless: true,
  },
);

state(
  'in German',
  async ({ frame, block, done }) => {
    await frame.getByRole('button', { name: /^Anhängen: Aufzeichnung Weekly sync/ }).click();
    await block.locator('.attach').getByText('Alle, die DEMO-42 sehen').waitFor();
    await block.getByText('74 von 94 MB').waitFor();
    await done();
  },
  { arrange: underWay, locale: 'de_DE', width: 320 },
);
