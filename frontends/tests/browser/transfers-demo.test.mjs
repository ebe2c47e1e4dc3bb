// A recording is attached, and another one stopped, as people do it: in the Jira page of the sandbox, by the real gateway.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { broken, launch, offline, operationsOf, shoot } from '../../testkit/browser.mjs';
import { openDemo, recordOf } from '../../testkit/demo.mjs';
import { calm, eventually } from '../../testkit/patience.mjs';

let browser;
let demo;
let knobs;

before(async () => {
  demo = await openDemo();
  await control('DELETE', '/faults');
  knobs = await (await control('GET', '/zoom/knobs')).json();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  if (knobs) await control('PATCH', '/zoom/knobs', knobs);
  await demo?.stop();
});

const control = (method, path, body) =>
  fetch(demo.sandbox.control + path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });

/** Asks the gateway itself, as alice on the issue's page. */
async function ask(query, variables = {}) {
  const { tokens } = await recordOf();
  const answer = await fetch(`${demo.gateway}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `JWT ${tokens.alice.jira}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** Files on the issue that came from Zoom. */
async function attached() {
  const { issue } = await ask('query ($id: ID!) { issue(id: $id) { attachments { name size } } }', {
    id: demo.issue.id,
  });
  return issue.attachments.filter((it) => it.name.startsWith('Zoom_'));
}

const SIZE = 12_000_000;

test('alice connects Zoom, attaches a recording and stops another', { timeout: 180_000 }, async () => {
  const turned = await control('PATCH', '/zoom/knobs', {
    video_bytes: SIZE,
    download_bytes_per_second: 3_000_000,
  });
  assert.ok(turned.ok);
  await ask('mutation ($input: DisconnectInput!) { disconnect(input: $input) { disconnected } }', {
    input: { idempotencyKey: crypto.randomUUID(), provider: 'ZOOM' },
  });
  const before = await attached();

  const context = await offline(browser, { viewport: { width: 516, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const { asked, heard } = operationsOf(page);
  const address = new URL(demo.hosts.jiraPanel);
  address.searchParams.set('as', 'alice');
  await page.goto(address.href);
  const frame = await (await page.waitForSelector('#panel iframe')).contentFrame();
  await calm(frame);
  const block = frame.locator('[data-block="recordings"]');

  const opening = page.waitForEvent('popup');
  await frame.getByRole('button', { name: 'Connect Zoom' }).click();
  const popup = await opening;
  await popup.locator('#person').selectOption('alice');
  await popup.getByRole('button', { name: 'Allow' }).click();
  const rows = block.locator('.row');
  await rows.first().waitFor();
  await calm(frame);

  const attach = async (row) => {
    await rows
      .nth(row)
      .getByRole('button', { name: /^Attach recording/ })
      .click();
    const dialog = block.locator('.attach');
    await dialog.getByText(/^Everyone who sees DEMO-42 will be able to open what you attach\./).waitFor();
    await dialog.getByText(/Jira takes up to .* for each file\./).waitFor();
    await dialog.getByLabel('I know that, and want it attached.').check();
    await calm(frame);
    await shoot(page, `demo-attach-${row}`);
    assert.deepEqual(await broken(frame), []);
    await dialog.getByRole('button', { name: 'Attach 1 file' }).click();
    await dialog.waitFor({ state: 'detached' });
  };
  const bar = block.getByRole('progressbar');
  const moves = () =>
    eventually(async () => {
      const [value, max] = await bar.evaluate((it) => [it.value, it.max]);
      assert.equal(max, SIZE);
      assert.ok(value > 0 && value < max, `${value} of ${max} bytes`);
    });

  await attach(0);
  await moves();
  await block.getByText(/^[\d.]+ of 12 MB$/).waitFor();
  await shoot(page, 'demo-attaching');
  assert.deepEqual(await broken(frame), []);
  assert.ok(heard.includes('TransferProgress'), 'its progress is heard');
  await block.getByText(/^Attached · Zoom_\S+\.mp4 · 12 MB$/).waitFor();
  await calm(frame);
  await shoot(page, 'demo-attached');
  assert.deepEqual(await broken(frame), []);
  const after = await attached();
  assert.equal(after.length, before.length + 1, 'the issue has the file, once');
  assert.equal(after.at(-1).size, SIZE);
  await block.getByText(after.at(-1).name).waitFor();
  assert.equal(asked.filter((it) => it === 'AttachRecording').length, 1);

  await control('PATCH', '/zoom/knobs', { download_bytes_per_second: 500_000 });
  await attach(1);
  await moves();
  await block.getByRole('button', { name: /^Cancel attaching/ }).click();
  await block.getByText('Cancelled.').waitFor();
  assert.equal(await bar.count(), 0);
  const { issue } = await ask('query ($id: ID!) { issue(id: $id) { transfers { state } } }', {
    id: demo.issue.id,
  });
  assert.deepEqual(issue.transfers.map((it) => it.state).slice(0, 2), ['CANCELLED', 'DONE']);
  assert.deepEqual(await attached(), after, 'nothing of it is on the issue');
  await calm(frame);
  await shoot(page, 'demo-cancelled');
  await context.close();
});
