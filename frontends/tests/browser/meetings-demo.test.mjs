// A Zoom meeting from the work item, as people do it: scheduled in the panel, begun, seen under way, called off. In the
// Jira page of the sandbox, by the real gateway.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { broken, launch, offline, operationsOf, shoot } from '../../testkit/browser.mjs';
import { openDemo, recordOf } from '../../testkit/demo.mjs';
import { calm, eventually } from '../../testkit/patience.mjs';

let browser;
let demo;

before(async () => {
  demo = await openDemo();
  await control('DELETE', '/faults');
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const control = (method, path, body) =>
  fetch(demo.sandbox.control + path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });

/** The work item's meetings of this subject, as somebody sees them. */
async function meetingsOf(person, subject) {
  const { tokens } = await recordOf();
  const answer = await fetch(`${demo.gateway}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `JWT ${tokens[person].jira}` },
    body: JSON.stringify({
      query:
        'query ($id: ID!) { issue(id: $id) { meetings(first: 50) { nodes { subject provider state isHost joinUrl calendarEvent { provider subject attendees { person { email } } } } } } }',
      variables: { id: demo.issue.id },
    }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data.issue.meetings.nodes.filter((it) => it.subject === subject);
}

test('alice schedules a Zoom meeting, begins it and cancels it', { timeout: 180_000 }, async () => {
  const context = await offline(browser, { viewport: { width: 516, height: 900 } });
  await context.route('https://us04web.zoom.us/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<title>Zoom</title>' }),
  );
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const { asked, heard } = operationsOf(page);
  const address = new URL(demo.hosts.jiraPanel);
  address.searchParams.set('as', 'alice');
  await page.goto(address.href);
  const frame = await (await page.waitForSelector('#panel iframe')).contentFrame();
  await calm(frame);
  const connect = frame.getByRole('button', { name: 'Connect Zoom' });
  if (await connect.count()) {
    const opening = page.waitForEvent('popup');
    await connect.first().click();
    const popup = await opening;
    await popup.locator('#person').selectOption('alice');
    await popup.getByRole('button', { name: 'Allow' }).click();
    await connect.first().waitFor({ state: 'detached' });
    await calm(frame);
  }
  const block = frame.locator('[data-block="meetings"]');
  const press = (name) => frame.getByRole('button', { name, exact: true }).click();
  const subject = `Review of the racks ${crypto.randomUUID().slice(0, 8)}`;
  const row = block.locator('.row', { hasText: subject });

  await press('Schedule a meeting');
  const form = block.locator('.meeting-form');
  await form.getByRole('radio', { name: 'Zoom' }).check();
  await form.getByLabel('Subject').fill(subject);
  await form.getByLabel('Also put it into my Outlook calendar').check();
  await form.getByLabel('Invite').fill('Bob <bob@acme.example>');
  await calm(frame);
  await shoot(page, 'demo-schedule');
  assert.deepEqual(await broken(frame), []);
  await form.getByRole('button', { name: 'Schedule' }).dblclick();
  await form.waitFor({ state: 'detached' });
  await row.waitFor();
  const [made, ...more] = await meetingsOf('alice', subject);
  assert.deepEqual(more, [], 'one meeting, for two clicks');
  assert.deepEqual([made.provider, made.state, made.isHost], ['ZOOM', 'SCHEDULED', true]);
  assert.equal(made.calendarEvent.subject, subject);
  assert.deepEqual(
    made.calendarEvent.attendees.map((it) => it.person.email),
    ['bob@acme.example'],
  );
  assert.equal((await frame.content()).includes('zak='), false);
  await calm(frame);
  await shoot(page, 'demo-scheduled');
  assert.deepEqual(await broken(frame), []);

  const opening = context.waitForEvent('page');
  await press(`Start ${subject}`);
  const tab = await opening;
  await tab.waitForURL(/^https:\/\/us04web\.zoom\.us\/s\/\d+\?zak=/);
  assert.equal(await tab.evaluate(() => window.opener), null);
  await tab.close();
  assert.equal((await frame.content()).includes('zak='), false);

  await eventually(() => assert.ok(heard.includes('IssueEvents')));
  await frame.waitForFunction(() => document.documentElement.dataset.live === 'true');
  const [, number] = /\/j\/(\d+)/.exec(made.joinUrl);
  const tells = async (kind) => {
    const answer = await control('POST', '/events', { provider: 'zoom', kind, meeting: number });
    assert.ok(answer.ok, await answer.text());
  };
  await tells('meeting.started');
  await row.getByText('In progress').waitFor();
  await calm(frame);
  await shoot(page, 'demo-in-progress');
  await tells('meeting.ended');
  await row.getByText('In progress').waitFor({ state: 'detached' });

  await press(`Details of ${subject}`);
  await press('Cancel meeting…');
  await form.getByText(/Outlook tells everyone who is invited\./).waitFor();
  await press('Cancel meeting');
  await row.waitFor({ state: 'detached' });
  assert.deepEqual(await meetingsOf('alice', subject), []);
  assert.equal(asked.filter((it) => it === 'CancelMeeting').length, 1);
  await context.close();
});
