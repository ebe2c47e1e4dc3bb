// The panel as people meet it: in the Jira page of the sandbox, served and answered by the real gateway.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { broken, launch, offline, operationsOf, shoot } from '../../testkit/browser.mjs';
import { openDemo, recordOf } from '../../testkit/demo.mjs';
import { calm } from '../../testkit/patience.mjs';

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

/** Asks the gateway itself, as somebody on the issue's page. */
async function ask(person, query, input) {
  const { tokens } = await recordOf();
  const answer = await fetch(`${demo.gateway}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `JWT ${tokens[person].jira}` },
    body: JSON.stringify({ query, variables: { input: { idempotencyKey: crypto.randomUUID(), ...input } } }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined);
  return data;
}

/** Opens the issue page as somebody and returns what is needed to look at the panel in it. */
async function visit(person, { theme = 'light', ...options } = {}) {
  const context = await offline(browser, { viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const { asked, heard } = operationsOf(page);
  const address = new URL(demo.hosts.jiraPanel);
  address.searchParams.set('as', person);
  address.searchParams.set('theme', theme);
  await page.goto(address.href);
  const frame = await (await page.waitForSelector('#panel iframe')).contentFrame();
  await calm(frame);
  return { context, page, frame, asked, heard, block: (name) => frame.locator(`[data-block="${name}"]`) };
}

// The window that makes the panel as wide as named.
const WINDOWS = { 320: 386, 450: 516, 800: 1280 };

for (const [wide, width] of Object.entries(WINDOWS)) {
  for (const theme of ['light', 'dark', 'forced colors']) {
    test(`first paint at ${wide} in ${theme}`, { timeout: 90_000 }, async () => {
      const { context, page, frame, asked, block } = await visit('alice', {
        theme: theme === 'dark' ? 'dark' : 'light',
        viewport: { width, height: 900 },
        ...(theme === 'forced colors' ? { forcedColors: 'active' } : {}),
      });
      await block('mails').locator('.row').first().waitFor();
      assert.equal(
        (await block('recordings').locator('.row').count()) > 0,
        true,
        'Zoom recordings are there',
      );
      assert.equal((await block('meetings').locator('.row').count()) > 0, true, 'meetings are there');
      assert.deepEqual(asked, ['IssuePanel'], 'first paint is one round trip');
      assert.ok(!frame.url().includes('jwt='), 'the page token has left the address');
      if (theme === 'dark') {
        await frame.waitForFunction(() => document.documentElement.dataset.colorMode === 'dark');
      }
      assert.ok((await frame.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
      await calm(frame);
      await shoot(page, `demo-${wide}-${theme.replace(' ', '-')}`);
      assert.deepEqual(await broken(frame), []);
      await context.close();
    });
  }
}

test('carol connects Microsoft and sees what is hers', { timeout: 120_000 }, async () => {
  await ask('carol', 'mutation ($input: DisconnectInput!) { disconnect(input: $input) { disconnected } }', {
    provider: 'MICROSOFT',
  });
  // Alice links a mail that all of Acme received, each in words of their own.
  const linked = await ask(
    'alice',
    'mutation ($input: LinkMailInput!) { linkMail(input: $input) { link { id } userErrors { message } } }',
    { issue: demo.issue.id, internetMessageId: '<all-hands-1@mail.acme.example>' },
  );
  assert.deepEqual(linked.linkMail.userErrors, []);
  try {
    const { context, page, frame, block } = await visit('carol');
    const connect = frame.getByRole('button', { name: 'Connect Microsoft 365' });
    await connect.waitFor();
    assert.equal(await block('mails').count(), 0);
    await shoot(page, 'demo-not-connected');
    assert.deepEqual(await broken(frame), []);

    const opening = page.waitForEvent('popup');
    await connect.click();
    const popup = await opening;
    await popup.getByRole('button', { name: 'Accept' }).waitFor();
    await shoot(popup, 'demo-consent');
    const carol = popup.getByRole('radio', { name: /carol/i });
    if (await carol.count()) await carol.first().check();
    await popup.getByRole('button', { name: 'Accept' }).click();
    await block('mails').getByText('All hands: a word to Carol').waitFor();
    assert.equal(await frame.getByRole('button', { name: 'Connect Microsoft 365' }).count(), 0);
    await calm(frame);
    await shoot(page, 'demo-connected');
    assert.equal(await block('mails').locator('.row').count(), 1, 'hers and nobody else’s');
    await block('mails')
      .getByText(/\d+ more in others’ mailboxes/)
      .waitFor();
    assert.deepEqual(await broken(frame), []);

    await frame.getByRole('button', { name: 'Connections' }).click();
    await frame.getByRole('button', { name: 'Disconnect Microsoft 365' }).click();
    await frame.locator('.question').getByRole('button', { name: 'Disconnect', exact: true }).click();
    await frame.locator('.placemat').getByRole('button', { name: 'Connect Microsoft 365' }).waitFor();
    assert.equal(await block('mails').count(), 0, 'and is gone when she disconnects');
    await context.close();
  } finally {
    await ask('alice', 'mutation ($input: UnlinkInput!) { unlink(input: $input) { unlinked } }', {
      link: linked.linkMail.link.id,
    });
  }
});

test('Zoom is down and everything else is there', { timeout: 90_000 }, async () => {
  await control('POST', '/faults', { provider: 'zoom', status: 503 });
  try {
    const { context, page, frame, block } = await visit('alice');
    await block('recordings').getByText('Zoom is not answering.').waitFor();
    await block('mails').locator('.row').first().waitFor();
    await calm(frame);
    await shoot(page, 'demo-zoom-down');
    assert.deepEqual(await broken(frame), []);
    await control('DELETE', '/faults');
    await block('recordings').getByRole('button', { name: 'Try again' }).click();
    await block('recordings').locator('.row').first().waitFor();
    await context.close();
  } finally {
    await control('DELETE', '/faults');
  }
});

test('a picture for the front page', { timeout: 90_000 }, async () => {
  const { context, page, frame, block } = await visit('alice', { viewport: { width: 1280, height: 900 } });
  await block('mails').locator('.row').first().waitFor();
  // The sandbox plants a marker in every text, for tests that look where content went; people need not see them, nor
  // the empty boxes that a machine without such a font draws for a pictograph.
  const unmark = () => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      texts.currentNode.data = texts.currentNode.data.replace(
        / ?cnry[a-z0-9]{20,}| ?\p{Extended_Pictographic}/gu,
        '',
      );
    }
  };
  await page.evaluate(unmark);
  await frame.evaluate(unmark);
  await page.waitForTimeout(300);
  await page.setViewportSize({ width: 1280, height: 1400 });
  const panel = page.locator('section.panel');
  await panel.scrollIntoViewIfNeeded();
  await page.waitForTimeout(300);
  await panel.screenshot({ path: 'test-results/panel.png', animations: 'disabled' });
  await context.close();
});
