// Meetings of a work item, and what can be done with them: the panel in Jira, inside Connect's real host library, against
// the stand-in gateway.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { broken, launch, shoot } from '../../testkit/browser.mjs';
import { startGateway } from '../../testkit/gateway.mjs';
import { startJira } from '../../testkit/jira.mjs';
import { hosted, took, zoomMeeting } from '../../testkit/meetings.mjs';
import { openPanel } from '../../testkit/panel.mjs';
import { calm, eventually } from '../../testkit/patience.mjs';
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
const happens = (kind) => gateway.streams.emit('issueEvents', { kind });
const MINE = 'Weekly sync of the roll-out';
const SCHEDULE = 'Schedule a meeting';

/** One test: the panel opened in a world, and no accessibility rule broken whenever it is looked at. */
function state(name, act, { arrange, ...options } = {}) {
  test(name, { timeout: 60_000 }, async () => {
    gateway.world = freshWorld();
    gateway.requests.length = 0;
    gateway.streams.all.length = 0;
    gateway.world.lists.meetings = [
      zoomMeeting('Kick-off with the supplier', -3000),
      hosted(MINE, 1500),
      zoomMeeting('Stand-up of the integrators', -20),
      ...gateway.world.lists.meetings.slice(0, 2),
    ];
    arrange?.(gateway.world);
    const panel = await openPanel(browser, { jira, gateway, ...options });
    const { context, page, frame, complaints } = panel;
    try {
      await panel.says(/Signed offer|Connect Microsoft|Ihre Zeit|Unterschrieben|Zoom/);
      const block = panel.block('meetings');
      const told = (text) =>
        eventually(async () => assert.match(await frame.locator('[role=status]').textContent(), text));
      const done = async (shot = '') => {
        await page.mouse.move(0, 0);
        await calm(frame);
        await shoot(page, `meetings-${(name + shot).replace(/\W+/g, '-')}`);
        assert.deepEqual(await broken(frame), []);
        const wide = await frame.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `nothing scrolls sideways, but ${wide} px do`);
      };
      const form = block.locator('.meeting-form');
      const press = (label) => frame.getByRole('button', { name: label, exact: true }).click();
      const opens = async (label = SCHEDULE) => {
        await press(label);
        await form.waitFor();
      };
      const names = () =>
        block.locator('.row .title').evaluateAll((all) => all.map((it) => it.firstChild.data));
      const focused = () =>
        frame.evaluate(
          () => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent,
        );
      const focuses = (name, why) => eventually(async () => assert.equal(await focused(), name, why));
      await act({ ...panel, press, world: gateway.world, block, told, done, form, opens, names, focuses });
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
    `the list and the dialog, ${where}`,
    async ({ frame, block, names, opens, form, done }) => {
      await block.getByRole('button', { name: SCHEDULE }).waitFor();
      assert.deepEqual(
        await names(),
        [
          'Stand-up of the integrators',
          'Roll-out stand-up',
          MINE,
          'Site visit Frankfurt',
          'Kick-off with the supplier',
        ],
        'what is under way, what is to come, what was',
      );
      assert.deepEqual(await block.locator('.row-group').allTextContents(), ['Past']);
      assert.equal(await block.getByText('In progress').count(), 2);
      assert.equal(await frame.getByRole('button', { name: `Start ${MINE}` }).count(), 1);
      assert.equal(await block.getByRole('button', { name: /^Start [^a]/ }).count(), 1, 'for its host alone');
      assert.equal(await frame.getByRole('link', { name: /^Join/ }).count(), 2);
      assert.deepEqual(operations(), ['IssuePanel'], 'first paint is one round trip');
      await done();
      await opens();
      assert.equal(
        await form.getByLabel('Subject').inputValue(),
        'DEMO-42 Kick-off for the Frankfurt roll-out',
      );
      await form.getByText(/your time, Europe\/Berlin \((CET|CEST|GMT\+[12])\)$/).waitFor();
      await form.getByLabel('Also put it into my Outlook calendar').check();
      await form.getByLabel('Invite').fill('Ada Lovelace <ada@acme.example>, alan@acme.example');
      assert.deepEqual(operations(), ['IssuePanel'], 'nothing is read for that');
      await done(' dialog');
    },
    options,
  );
}

state(
  'scheduled from beginning to end',
  async ({ page, frame, world, block, opens, form, press, names, told, focuses, done }) => {
    await eventually(() => assert.equal(gateway.streams.open('issueEvents').length, 1));
    await opens();
    await eventually(async () =>
      assert.equal(await frame.evaluate(() => document.activeElement.type), 'radio', 'the focus is in it'),
    );
    await form.getByLabel('Subject').fill(' ');
    await form.getByLabel('Date').fill('2020-01-01');
    await form.getByLabel('Also put it into my Outlook calendar').check();
    await form.getByLabel('Invite').fill('ada@acme.example, alan');
    await press('Schedule');
    await form.getByText('Give it a subject.').waitFor();
    await form.getByText('Choose a time that is yet to come.').waitFor();
    await form.getByText('“alan” is no mail address.').waitFor();
    await eventually(async () =>
      assert.equal(await frame.evaluate(() => document.activeElement.getAttribute('aria-invalid')), 'true'),
    );
    assert.equal(asked('ScheduleMeeting').length, 0, 'nothing is sent');
    await done(' wrong');
    await form.getByLabel('Subject').fill('Review of the racks');
    await form.getByLabel('Date').fill('2099-03-02');
    await form.getByLabel('Time').fill('14:15');
    await form.getByLabel('Duration').selectOption('45');
    await form.getByText(/2 Mar, 14:15–15:00/).waitFor();
    await form.getByLabel('Invite').fill('ada@acme.example; Alan Turing <alan@acme.example>');
    const send = form.getByRole('button', { name: 'Schedule' });
    await send.dblclick();
    await form.waitFor({ state: 'detached' });
    await told(/^The meeting is scheduled\./);
    await focuses(SCHEDULE, 'the focus is where it was opened');
    await block.getByText('Review of the racks').waitFor();
    assert.equal((await names()).filter((it) => it === 'Review of the racks').length, 1);
    assert.equal(world.meetings.answers.size, 1, 'one meeting');
    const [{ variables }] = asked('ScheduleMeeting');
    const { idempotencyKey, ...input } = variables.input;
    assert.match(idempotencyKey, /^[0-9a-f]{32}$/);
    assert.deepEqual(input, {
      issue: '10042',
      provider: 'ZOOM',
      subject: 'Review of the racks',
      start: '2099-03-02T13:15:00Z',
      end: '2099-03-02T14:00:00Z',
      timeZone: 'Europe/Berlin',
      calendar: true,
      attendees: [{ email: 'ada@acme.example' }, { email: 'alan@acme.example' }],
    });
    assert.deepEqual(
      [...new Set(operations())],
      ['IssuePanel', 'ScheduleMeeting', 'IssueMeetings'],
      'the meetings alone are read again',
    );
    await done(' scheduled');
    await page.keyboard.press('Enter');
    await form.waitFor();
    await press('Cancel');
    await focuses(SCHEDULE);
  },
);

state('in Teams, without Zoom’s fields', async ({ opens, form, press }) => {
  await opens();
  await form.getByText('Zoom invites nobody. With it in your calendar you can invite people.').waitFor();
  await form.getByLabel('Teams').check();
  assert.equal(await form.getByLabel('Also put it into my Outlook calendar').count(), 0);
  await form.getByLabel('Invite').fill('ada@acme.example');
  await press('Schedule');
  await form.waitFor({ state: 'detached' });
  const [{ variables }] = asked('ScheduleMeeting');
  assert.equal(variables.input.provider, 'TEAMS');
  assert.equal('calendar' in variables.input, false);
  assert.deepEqual(variables.input.attendees, [{ email: 'ada@acme.example' }]);
});

state(
  'an answer that gets lost is asked for again, and one meeting is made',
  async ({ world, opens, form, press, told, names, done }) => {
    await opens();
    world.loses = 'halfway';
    await press('Schedule');
    await form
      .getByText('The server cannot be reached. Check your connection. Try again: nothing is done twice.')
      .waitFor();
    await told(/^It was not done\.|cannot be reached/);
    assert.equal(await form.getByLabel('Subject').isDisabled(), true, 'what was asked for stays as it was');
    await done();
    await press('Try again');
    await form.waitFor({ state: 'detached' });
    const keys = asked('ScheduleMeeting').map((it) => it.variables.input.idempotencyKey);
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1]);
    await eventually(async () =>
      assert.equal((await names()).filter((it) => it.startsWith('DEMO-42')).length, 1),
    );
    await opens();
    await press('Schedule');
    await form.waitFor({ state: 'detached' });
    assert.notEqual(
      asked('ScheduleMeeting').at(-1).variables.input.idempotencyKey,
      keys[0],
      'another opening, another key',
    );
  },
);

state('refused, at the field that it concerns', async ({ world, opens, form, press, done }) => {
  await opens();
  await form.getByLabel('Also put it into my Outlook calendar').check();
  world.refuseMeeting = ['CONSENT_REQUIRED', 'calendar'];
  await press('Schedule');
  await form.getByText('Microsoft 365 needs your permission for this.').waitFor();
  await form.getByRole('button', { name: 'Allow access' }).waitFor();
  await done(' calendar');
  world.refuseMeeting = ['FIELD_INVALID', 'attendees.email'];
  await press('Schedule');
  await form.getByText('One of these is no mail address.').waitFor();
  assert.equal(await form.getByLabel('Invite').getAttribute('aria-invalid'), 'true');
  world.refuseMeeting = ['FORBIDDEN', 'provider'];
  await press('Schedule');
  await form.getByText('Zoom does not let you do this.').waitFor();
  world.refuseMeeting = ['OUTCOME_UNKNOWN', 'idempotencyKey'];
  await press('Schedule');
  await form
    .getByText('It is not known yet whether it was done. Try again: nothing is done twice.')
    .waitFor();
  await done(' unknown');
  world.refuseMeeting = null;
  await press('Try again');
  await form.waitFor({ state: 'detached' });
  assert.equal(new Set(asked('ScheduleMeeting').map((it) => it.variables.input.idempotencyKey)).size, 1);
});

for (const [where, options] of [
  ['450', {}],
  ['320 dark', { width: 320, mode: 'dark' }],
]) {
  state(
    `partly done, ${where}`,
    async ({ world, opens, block, form, press, told, done }) => {
      await opens();
      await form.getByLabel('Also put it into my Outlook calendar').check();
      world.meetings.missing = 'FORBIDDEN';
      await press('Schedule');
      await form.waitFor({ state: 'detached' });
      const said = /^The Zoom meeting is scheduled and linked, but it is not in your calendar/;
      await block.getByText(said).waitFor();
      await told(said);
      await block
        .getByText(/Microsoft 365 does not let you do this\. Put it into your calendar yourself/)
        .waitFor();
      const link = block.getByLabel('Link to join');
      assert.match(await link.inputValue(), /^https:\/\/acme\.zoom\.example\/j\/\d+$/);
      await done();
      await press('Close');
      assert.equal(await block.getByText(said).count(), 0);
    },
    options,
  );
}

state('begun by its host', async ({ context, page, frame, press, told, block }) => {
  const secret = async () => (await frame.content()).includes('secret-of-the-host');
  await context.route('https://acme.zoom.example/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<title>Zoom</title>' }),
  );
  assert.equal(await secret(), false);
  const opening = context.waitForEvent('page');
  await press(`Start ${MINE}`);
  const tab = await opening;
  await tab.waitForURL(/^https:\/\/acme\.zoom\.example\/s\/\d+\?zak=secret-of-the-host$/);
  assert.equal(await tab.evaluate(() => window.opener), null, 'it has no way back');
  assert.equal(await tab.evaluate(() => document.referrer), '', 'and does not know from where');
  await told(new RegExp(`^${MINE} opens in a new tab`));
  assert.equal(await secret(), false, 'the address is nowhere on the page');
  assert.deepEqual(operations(), ['IssuePanel', 'StartMeeting']);
  await tab.close();
  // It is asked for anew each time: it is good for two hours, and nothing keeps it.
  const again = context.waitForEvent('page');
  await press(`Start ${MINE}`);
  await (await again).close();
  assert.equal(asked('StartMeeting').length, 2);
  assert.equal(await block.locator('.note').count(), 0);
  assert.equal(await page.evaluate(() => document.querySelectorAll('iframe').length), 1);
});

state(
  'too late to open by itself',
  async ({ context, frame, press, block, done }) => {
    await context.route('https://acme.zoom.example/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<title>Zoom</title>' }),
    );
    await press(`Start ${MINE}`);
    const link = block.getByRole('link', { name: 'Open Zoom' });
    await link.waitFor();
    await done();
    const opening = context.waitForEvent('page');
    await link.click();
    assert.equal(await (await opening).evaluate(() => window.opener), null);
    await link.waitFor({ state: 'detached' });
    assert.equal((await frame.content()).includes('secret-of-the-host'), false, 'gone once it was followed');
  },
  {
    // Whatever a test does in a page counts as a click there, so the page is told that the click was long ago.
    prepare: (context) =>
      context.addInitScript(() =>
        Object.defineProperty(navigator, 'userActivation', { get: () => ({ isActive: false }) }),
      ),
  },
);

state(
  'Zoom does not give its host the way in',
  async ({ press, block, done }) => {
    await press(`Start ${MINE}`);
    await block.getByText(`${MINE} could not be started. Zoom gives the way in to its host only.`).waitFor();
    await done();
  },
  {
    arrange: (world) => {
      world.lists.meetings[1].startUrl = null;
    },
  },
);

state('its state changes while it is shown', async ({ world, block, names, done }) => {
  await eventually(() => assert.equal(gateway.streams.open('issueEvents').length, 1));
  assert.equal((await names()).indexOf(MINE), 2);
  const mine = world.lists.meetings[1];
  Object.assign(mine, { state: 'STARTED' });
  await happens('MEETING_CHANGED');
  await eventually(async () => assert.equal(await block.getByText('In progress').count(), 3));
  assert.equal(await block.getByRole('button', { name: `Start ${MINE}` }).count(), 0, 'it has begun');
  await block.getByRole('link', { name: `Join ${MINE}` }).waitFor();
  assert.deepEqual(operations(), ['IssuePanel', 'IssueMeetings'], 'they alone are read again');
  await done();
  Object.assign(mine, { state: 'ENDED', startsAt: new Date(Date.now() - 3.6e6).toISOString() });
  await happens('MEETING_CHANGED');
  await eventually(async () => assert.equal(await block.getByText('In progress').count(), 2));
  assert.equal(await block.getByRole('link', { name: `Join ${MINE}` }).count(), 0);
});

state('changed by its host', async ({ world, block, form, press, told, focuses, done }) => {
  await press(`Details of ${MINE}`);
  await press('Change…');
  await form.waitFor();
  assert.equal(await form.getByLabel('Subject').inputValue(), MINE);
  await form.getByLabel('Date').fill('2099-03-02');
  await form.getByLabel('Time').fill('09:00');
  await done();
  await press('Save');
  await form.waitFor({ state: 'detached' });
  await told(/^The meeting is changed\./);
  await focuses(`Details of ${MINE}`);
  await block.getByText(/2 Mar, 09:00–10:00/).waitFor();
  const { idempotencyKey: _, ...input } = asked('UpdateMeeting')[0].variables.input;
  assert.deepEqual(input, {
    issue: '10042',
    meeting: `zoom-${MINE}`,
    start: '2099-03-02T08:00:00Z',
    end: '2099-03-02T09:00:00Z',
    timeZone: 'Europe/Berlin',
  });
  world.meetings.missing = 'UPSTREAM_UNAVAILABLE';
  await press(`Details of ${MINE}`);
  await press('Change…');
  await form.getByLabel('Subject').fill('Weekly sync');
  await press('Save');
  await block.getByText(/^Zoom has the change; the event in your calendar is as it was\./).waitFor();
  await block.getByText('Weekly sync', { exact: true }).waitFor();
  await done(' partly');
});

state(
  'an event of one’s own in Outlook',
  async ({ block, form, press, done }) => {
    await press('Details of Site visit Frankfurt');
    await press('Change…');
    await form.getByText('Outlook tells everyone who is invited.').waitFor();
    await form.getByLabel('Subject').fill('Site visit');
    await press('Save');
    await form.waitFor({ state: 'detached' });
    const { idempotencyKey: _, ...input } = asked('UpdateMeeting')[0].variables.input;
    assert.deepEqual(input, {
      issue: '10042',
      meeting: 'meeting-Site visit Frankfurt',
      subject: 'Site visit',
    });
    await press('Details of Site visit');
    assert.equal(await block.getByRole('button', { name: 'Transcript' }).count(), 0);
    await press('Cancel meeting…');
    await form
      .getByText('Cancel Site visit? Outlook tells everyone who is invited. Recordings stay.')
      .waitFor();
    await done();
  },
  {
    arrange: (world) => {
      world.lists.meetings[4].isHost = true;
    },
  },
);

state(
  'what was made stands behind what is shown, and is told of',
  async ({ block, form, opens, press, told }) => {
    await opens();
    await form.getByLabel('Subject').fill('Far away');
    await form.getByLabel('Date').fill('2099-03-02');
    await form.getByLabel('Time').fill('14:15');
    await press('Schedule');
    await block.getByText(/^The meeting is scheduled\. Far away, .*2 Mar, 14:15–14:45$/).waitFor();
    await told(/^The meeting is scheduled\./);
  },
  {
    arrange: (world) => {
      world.lists.meetings.push(...[1, 2, 3].map((n) => zoomMeeting(`Sync ${n}`, n * 60)));
    },
  },
);

state('another account is not told of the first one’s trouble', async ({ world, form, opens, press }) => {
  await opens();
  world.refuseMeeting = ['RATE_LIMITED', 'provider'];
  await press('Schedule');
  await form.getByText('Zoom asks us to slow down. Try again in a moment.').waitFor();
  await form.getByLabel('Teams').check();
  await form.getByText(/asks us to slow down/).waitFor({ state: 'detached' });
});

state(
  'one time of a series',
  async ({ block, form, press, done }) => {
    await press(`Details of ${MINE}`);
    await press('Change…');
    await form.getByRole('radio', { name: /^Only / }).waitFor();
    assert.equal(await form.getByLabel('Subject').count(), 0, 'its name is that of all');
    await form.getByLabel('Duration').selectOption('30');
    await done();
    await press('Save');
    await form.waitFor({ state: 'detached' });
    const { input } = asked('UpdateMeeting')[0].variables;
    assert.equal(input.occurrence, '1700000000000');
    assert.equal(input.subject, undefined);
    await press(`Details of ${MINE}`);
    await press('Cancel meeting…');
    await form.getByRole('radio', { name: 'All of the series' }).check();
    await press('Cancel meeting');
    await block.locator('.row', { hasText: MINE }).waitFor({ state: 'detached' });
    assert.equal(asked('CancelMeeting')[0].variables.input.occurrence, undefined);
  },
  {
    arrange: (world) => {
      const mine = world.lists.meetings[1];
      const { startsAt, endsAt } = mine;
      mine.occurrences = [{ __typename: 'MeetingOccurrence', id: '1700000000000', startsAt, endsAt }];
    },
  },
);

state(
  'cancelled by its host, once that is confirmed',
  async ({ block, form, press, told, focuses, done }) => {
    await press(`Details of ${MINE}`);
    await press('Cancel meeting…');
    await form.getByText(`Cancel ${MINE}? Nobody is told by mail. Recordings stay.`).waitFor();
    await done();
    await press('Keep it');
    await focuses('Cancel meeting…');
    assert.equal(asked('CancelMeeting').length, 0);
    await press('Cancel meeting…');
    await press('Cancel meeting');
    await told(new RegExp(`^${MINE} is cancelled`));
    await block.locator('.row', { hasText: MINE }).waitFor({ state: 'detached' });
    assert.equal(asked('CancelMeeting')[0].variables.input.meeting, `zoom-${MINE}`);
    await done(' gone');
  },
);

state('cancelled in Zoom, and still in the calendar', async ({ world, block, press, done }) => {
  world.meetings.missing = 'REAUTH_REQUIRED';
  await press(`Details of ${MINE}`);
  await press('Cancel meeting…');
  await press('Cancel meeting');
  await block.getByText(`${MINE} is cancelled in Zoom, but still in your calendar.`).waitFor();
  await block.getByText(/Cancel it there yourself/).waitFor();
  await eventually(async () => assert.equal(await block.locator('.row').count(), 4));
  await done();
});

const PEOPLE = [
  { name: 'Ada Lovelace', email: 'ada@acme.example', durationSeconds: 1800 },
  { name: 'Ada Lovelace', email: 'ada@acme.example', durationSeconds: 600 },
  { name: 'Somebody from the integrator with a rather long name', email: null, durationSeconds: 2400 },
];
const SUMMARY = {
  title: 'Kick-off',
  content: '## Quick recap\nThe **dates** are fixed.\n\n- Ada orders the racks',
};
const SAID = Array.from(
  { length: 40 },
  (_, n) => `${n % 2 ? 'Ada Lovelace' : 'Alan Turing'}: sentence ${n}`,
).join('\n');

for (const [where, options] of WHERE) {
  state(
    `what is left of one that is over, ${where}`,
    async ({ frame, block, press, done }) => {
      await press('Details of Kick-off with the supplier');
      assert.equal(
        await block.getByRole('button', { name: 'Change…' }).count(),
        0,
        'it is nothing to change',
      );
      await press('Who was there');
      await block.getByText('2 people').waitFor();
      assert.deepEqual(await block.locator('.meeting-people .aside').allTextContents(), ['40 min', '40 min']);
      await done(' people');
      await press('Summary');
      await block.getByText('• Ada orders the racks').waitFor();
      await block.getByText('Written by Zoom’s AI Companion.').waitFor();
      await done(' summary');
      await press('Transcript');
      await block.getByText('Alan Turing: sentence 0').waitFor();
      const text = block.getByRole('region', { name: 'Transcript' });
      assert.ok(await text.evaluate((it) => it.scrollHeight > it.clientHeight && it.tabIndex === 0));
      await done(' transcript');
      assert.deepEqual(operations(), [
        'IssuePanel',
        'MeetingPeople',
        'MeetingSummaries',
        'MeetingTranscripts',
      ]);
      await press('Who was there');
      await block.getByText('2 people').waitFor();
      assert.equal(operations().length, 4, 'what was read is not read again');
      assert.equal(await frame.locator('.meeting-people').count(), 1);
    },
    {
      ...options,
      arrange: (world) => {
        world.meetings.past = took({ people: PEOPLE, summary: SUMMARY, transcript: SAID });
      },
    },
  );
}

state('nothing is left of it', async ({ block, press, done }) => {
  await press('Details of Kick-off with the supplier');
  await press('Who was there');
  await block.getByText('Zoom has not told who was there.').waitFor();
  await press('Summary');
  await block.getByText('Zoom’s AI Companion wrote no summary.').waitFor();
  await press('Transcript');
  await block.getByText('There is no transcript.').waitFor();
  await done();
});

state(
  'what is left is not this person’s to see',
  async ({ block, press, done }) => {
    await press('Details of Kick-off with the supplier');
    await press('Who was there');
    await block
      .getByText('Your Zoom account may not read this. Its administrator can change that.')
      .waitFor();
    await done();
  },
  {
    arrange: (world) => {
      const source = { provider: 'ZOOM', state: 'FORBIDDEN', missingScopes: [] };
      world.meetings.past = took({ source });
    },
  },
);

state('what is left cannot be reached just now', async ({ world, block, press, done }) => {
  await press('Details of Kick-off with the supplier');
  world.reset = true;
  await press('Who was there');
  await block.getByText('The server cannot be reached. Check your connection.').waitFor();
  await done();
  world.reset = false;
  world.meetings.past = took({ people: PEOPLE });
  await block.locator('.row-below').getByRole('button', { name: 'Try again' }).click();
  await block.getByText('2 people').waitFor();
});

state('a call that begins now', async ({ context, block, form, opens, press, told, focuses, done }) => {
  await context.route('https://acme.zoom.example/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<title>Zoom</title>' }),
  );
  await opens('Start a call now');
  assert.equal(await form.getByRole('radio').count(), 2, 'in Zoom or in Teams');
  await done();
  await press('Start the call');
  await form.waitFor({ state: 'detached' });
  await focuses('Start a call now');
  await told(/^The call is there\./);
  const note = block.locator('.note');
  await note.getByText('The call is there.').waitFor();
  await done(' begun');
  const opening = context.waitForEvent('page');
  await note.getByRole('button', { name: /^Start DEMO-42/ }).click();
  await (await opening).waitForURL(/zak=secret/);
  const { idempotencyKey: _, ...input } = asked('StartCall')[0].variables.input;
  assert.deepEqual(input, { issue: '10042', provider: 'ZOOM' });
});

state('a meeting that exists is linked', async ({ world, block, form, opens, press, told, done }) => {
  const LINK = 'Link an existing Zoom meeting';
  await opens(LINK);
  await press('Link');
  await form.getByText('This is neither a Zoom meeting number nor a link to join.').waitFor();
  assert.equal(asked('LinkMeeting').length, 0);
  await done();
  await form.getByRole('textbox').fill(' 857 4606 5123 ');
  world.refuseMeeting = ['NOT_FOUND', 'meeting'];
  await press('Link');
  await form.getByText('Zoom does not have this meeting, or you may not see it.').waitFor();
  world.refuseMeeting = null;
  await press('Link');
  await told(/^The meeting is linked\./);
  await block.getByText('Linked by its number').waitFor();
  assert.equal(asked('LinkMeeting').at(-1).variables.input.meeting, '857 4606 5123');
});

state(
  'Zoom is not connected, and can be from there',
  async ({ page, world, form, opens, done }) => {
    await opens();
    assert.equal(
      await form.getByRole('radio', { name: 'Teams' }).isChecked(),
      true,
      'what can be used comes first',
    );
    await form.getByRole('radio', { name: 'Zoom' }).check();
    const connect = form.getByRole('button', { name: 'Connect Zoom' });
    await connect.waitFor();
    assert.equal(await form.getByRole('button', { name: 'Schedule' }).count(), 0);
    await done();
    const opening = page.waitForEvent('popup');
    await connect.click();
    await opening;
    await form.getByLabel('Subject').waitFor();
    assert.equal(world.sources.recordings.state, 'READY');
    await form.getByRole('button', { name: 'Schedule' }).waitFor();
  },
  { arrange: (world) => world.set('ZOOM', 'NOT_CONNECTED') },
);

state(
  'Microsoft is not connected, and Zoom can be used',
  async ({ block, form, opens, done }) => {
    await opens();
    assert.equal(await form.getByRole('radio', { name: 'Zoom' }).isChecked(), true);
    assert.equal(await form.getByLabel('Also put it into my Outlook calendar').count(), 0);
    await form
      .getByText('Zoom invites nobody. Everyone who sees this work item finds the meeting here.')
      .waitFor();
    await block.getByText('No meeting is linked to this work item yet.').waitFor();
    await done();
  },
  {
    arrange: (world) => {
      world.set('MICROSOFT', 'NOT_CONNECTED');
      world.lists.meetings = [];
    },
  },
);

state(
  'switched off, nothing of it is offered',
  async ({ frame, says, block }) => {
    await says('Signed offer');
    assert.equal(await block.count(), 0);
    assert.equal(await frame.getByRole('button', { name: SCHEDULE }).count(), 0);
  },
  {
    arrange: (world) => {
      world.sources.meetings.state = 'NOT_CONFIGURED';
      world.sources.zoomSource.state = 'NOT_CONFIGURED';
    },
  },
);

state(
  'Zoom alone is switched off',
  async ({ frame, opens, form }) => {
    await opens();
    assert.deepEqual(await form.getByRole('radio').count(), 2, 'Teams, and Outlook');
    assert.equal(await frame.getByRole('button', { name: 'Link an existing Zoom meeting' }).count(), 0);
  },
  { arrange: (world) => world.set('ZOOM', 'NOT_CONFIGURED') },
);

state(
  'none is linked yet',
  async ({ block, opens, form, press }) => {
    await block.getByText('No meeting is linked to this work item yet.').waitFor();
    await opens();
    await press('Schedule');
    await form.waitFor({ state: 'detached' });
    await block.getByText('DEMO-42 Kick-off for the Frankfurt roll-out').waitFor();
  },
  {
    arrange: (world) => {
      world.lists.meetings = [];
    },
  },
);

state('keys alone', async ({ page, frame, form, focuses }) => {
  await frame.getByRole('button', { name: SCHEDULE }).focus();
  await page.keyboard.press('Enter');
  await form.waitFor();
  await eventually(async () =>
    assert.equal(await frame.evaluate(() => document.activeElement.type), 'radio'),
  );
  await page.keyboard.press('Tab');
  await page.keyboard.type('Talk: ');
  await form.getByRole('button', { name: 'Schedule' }).focus();
  await page.keyboard.press('Enter');
  await form.waitFor({ state: 'detached' });
  await focuses(SCHEDULE);
  assert.equal(asked('ScheduleMeeting').length, 1);
});

state(
  'in German',
  async ({ frame, block, form, done }) => {
    await frame.getByRole('button', { name: 'Planen: eine Besprechung' }).click();
    await form.getByText(/Ihre Zeit, Europe\/Berlin/).waitFor();
    await form.getByLabel('Auch in meinen Outlook-Kalender eintragen').check();
    await block.getByText('Läuft').first().waitFor();
    await done();
  },
  { locale: 'de_DE', width: 320 },
);
