// The tabs as people meet them in Teams: Microsoft's teams-js, the real gateway, and the sandbox behind it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { broken, launch, shoot } from '../../testkit/browser.mjs';
import { openDemo } from '../../testkit/demo.mjs';
import { eventually } from '../../testkit/patience.mjs';
import { openTab, startTeams } from '../../testkit/teams.mjs';

let browser;
let demo;
let hosts;

before(async () => {
  demo = await openDemo();
  assert.ok(demo.beside, 'the demo runs with --also https://trefoil.example');
  hosts = await startTeams(() => demo.beside);
  browser = await launch({ rules: hosts.rules });
  await control('DELETE', '/faults');
  for (const provider of ['microsoft', 'jira']) {
    await entra({ do: 'redirect', uri: `https://trefoil.example/oauth/${provider}/callback` });
  }
});

after(async () => {
  await browser?.close();
  await hosts?.close();
  await demo?.stop();
});

const control = (method, path, body) =>
  fetch(demo.sandbox.control + path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
const entra = async (command) => {
  const answer = await control('POST', '/entra', command);
  assert.ok(answer.ok, `${JSON.stringify(command)}: ${answer.status}`);
};
const hostToken = async (person, more = {}) => {
  const answer = await control('GET', `/token?${new URLSearchParams({ person, host: 'teams', ...more })}`);
  return answer.ok ? { token: await answer.text() } : { refused: 'resourceRequiresConsent' };
};
/** A token by nested app authentication, in which the add-in itself is the client, as in Outlook. */
const nestedToken = async (person, more = {}) => {
  const { token } = await hostToken(person, { ...more, host: 'outlook' });
  return token
    ? { token, username: `${person}@acme.example` }
    : { error: { status: 'USER_INTERACTION_REQUIRED', code: 'interaction_required' } };
};

/** Asks the gateway itself, as somebody in Teams. */
async function ask(person, query, input) {
  const { token } = await hostToken(person);
  const answer = await fetch(`${demo.beside}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables: { input: { idempotencyKey: crypto.randomUUID(), ...input } } }),
  });
  return (await answer.json()).data;
}

/** Opens a tab as somebody. */
async function visit(person, options = {}) {
  const tab = await openTab(browser, { sso: () => hostToken(person), ...options });
  tab.page.setDefaultTimeout(20_000);
  const { frame, page } = tab;
  const answered = [];
  page.on('response', (answer) => {
    if (new URL(answer.url()).pathname === '/graphql') {
      answered.push(`${answer.request().postDataJSON().operationName} ${answer.status()}`);
    }
  });
  const says = (text) =>
    frame
      .getByText(text)
      .first()
      .waitFor()
      .catch(async () => {
        const shown = await frame.evaluate(() => document.body.textContent);
        throw new Error(`the tab does not say ${text}, but:\n${shown}`);
      });
  const press = (label, exact = false) => frame.getByRole('button', { name: label, exact }).first().click();
  const block = (name) => frame.locator(`[data-block="${name}"]:visible`);
  const rows = () => block('issues').locator('.issue-row');
  const look = async (name) => {
    await tab.ready();
    await shoot(page, `teams-demo-${name}`);
    assert.deepEqual(await broken(frame), []);
  };
  return { ...tab, answered, says, press, block, rows, look };
}

test('alice sees her day in one round trip, and a work item as in Jira', { timeout: 120_000 }, async () => {
  const { frame, asked, rows, block, look, context, page } = await visit('alice');
  await rows().first().waitFor();
  await look('my-work');
  assert.equal(asked[0], 'MyWork');
  await frame.evaluate(unmark);
  await page.waitForTimeout(200);
  await shoot(page, 'teams');
  const id = await frame.evaluate(() =>
    decodeURIComponent(document.querySelector('.issue-row a.title').hash.slice(8)),
  );
  await rows().first().locator('a.title').click();
  await block('mails').waitFor();
  await frame.getByRole('button', { name: /^Change status/ }).waitFor();
  await look('issue');
  // A stream that is slow to open has the day read once more, for what may have been missed until then.
  const once = asked.filter((it) => it !== 'MyDay');
  assert.deepEqual(once, ['MyWork', 'IssuePanel']);
  await frame.getByRole('link', { name: 'My work' }).click();
  await rows().first().waitFor();
  await context.close();

  const linked = await visit('alice', { context: { subEntityId: id } });
  await linked.frame.getByRole('button', { name: /^Change status/ }).waitFor();
  assert.deepEqual(linked.asked, ['IssuePanel'], 'a deep link is one round trip too');
  await linked.context.close();
});

test('a work item made elsewhere appears without a restart', { timeout: 120_000 }, async () => {
  const { frame, rows, says, press, context } = await visit('alice');
  await rows().first().waitFor();
  const site = await frame.evaluate(() => document.querySelectorAll('.issue-row').length);
  assert.ok(site > 0);
  const summary = `Made beside a mail ${Date.now()}`;
  const form = await ask('alice', '{ projects(first: 50) { nodes { id key } } }', {});
  const project = form.projects.nodes.find((it) => it.key === 'DEMO').id;
  const types = await ask(
    'alice',
    `{ createForm(input: { project: "${project}" }) { types { id name } } }`,
    {},
  );
  const type = (types.createForm.types.find((it) => it.name === 'Task') ?? types.createForm.types[0]).id;
  const made = await ask(
    'alice',
    'mutation ($input: CreateIssueInput!) { createIssue(input: $input) { issue { id key } userErrors { code message } } }',
    { project, type, summary },
  );
  assert.deepEqual(made.createIssue.userErrors, []);
  const { issue } = made.createIssue;
  await press('Reported', true);
  await says(summary);
  await frame.getByRole('button', { name: `Actions for ${issue.key}` }).click();
  await frame.getByRole('button', { name: `Assign to me: ${issue.key}` }).click();
  await press('Assigned', true);
  await says(summary);
  await context.close();
});

test('carol connects Jira in Teams’ own window', { timeout: 150_000 }, async () => {
  for (const provider of ['JIRA', 'MICROSOFT']) {
    await ask('carol', 'mutation ($input: DisconnectInput!) { disconnect(input: $input) { disconnected } }', {
      provider,
    });
  }
  const { frame, page, look, calls, context, asked } = await visit('carol', {
    address: '/addins/teams/tab?jql=project%20%3D%20DEMO%20ORDER%20BY%20updated%20DESC&title=Demo',
  });
  const connect = frame.getByRole('button', { name: 'Connect Jira' });
  await connect.waitFor();
  await look('channel-not-connected');
  const opening = page.waitForEvent('popup');
  await connect.click();
  const popup = await opening;
  const accept = popup.getByRole('button', { name: 'Accept' });
  await accept.waitFor();
  await popup.getByLabel('Signed in as').selectOption('carol');
  await accept.click();
  await frame.locator('.issue-row').first().waitFor();
  await look('channel');
  assert.equal((await calls('authentication.authenticate')).length, 1);
  assert.equal(asked[0], 'ChannelIssues');
  await context.close();
});

test('alice is signed in by nested app authentication', { timeout: 120_000 }, async () => {
  const given = [];
  const { rows, block, look, calls, asked, context } = await visit('alice', {
    naa: (method, wanted) => {
      given.push({ method, ...wanted });
      return nestedToken('alice');
    },
  });
  await rows().first().waitFor();
  await block('today').locator('.row').first().waitFor();
  await look('nested');
  assert.deepEqual(asked, ['MyWork']);
  assert.deepEqual(
    given.map((it) => it.method),
    ['GetToken'],
    'without a question',
  );
  assert.match(given[0].scope, /access_as_user/);
  assert.equal((await calls('authentication.getAuthToken')).length, 0, 'and without Teams’ own sign-on');
  await context.close();
});

test('Teams has to ask before it gives a token', { timeout: 120_000 }, async () => {
  await entra({ do: 'refuse_host', person: 'bob', code: 65_001 });
  try {
    const { says, press, rows, look, asked, calls, context } = await visit('bob', {
      sso: ({ silent }) => hostToken('bob', { interactive: !silent }),
    });
    await says('Sign in with your Microsoft account to go on.');
    assert.deepEqual(asked, [], 'nothing is read without a token');
    await look('signed-out');
    await press('Sign in', true);
    await rows().first().waitFor();
    const asking = (await calls('authentication.getAuthToken')).filter(([, , silent]) => silent === false);
    assert.equal(asking.length, 1, 'Teams asked once, in the click');
    await context.close();
  } finally {
    await entra({ do: 'allow_host', person: 'bob' });
  }
});

test('carol has not allowed Microsoft, and then does', { timeout: 150_000 }, async () => {
  await ask('carol', 'mutation ($input: DisconnectInput!) { disconnect(input: $input) { disconnected } }', {
    provider: 'MICROSOFT',
  });
  await entra({ do: 'withdraw', person: 'carol' });
  const { frame, page, says, block, look, calls, context } = await visit('carol', {
    naa: () => nestedToken('carol'),
  });
  await says('Microsoft 365 needs your permission');
  await frame.locator('.issue-row').first().waitFor();
  assert.equal(await block('today').count(), 0, 'what Jira knows is there, and Microsoft’s is not');
  await look('consent-missing');
  const opening = page.waitForEvent('popup');
  await frame.getByRole('button', { name: 'Allow access' }).click();
  const popup = await opening;
  const accept = popup.getByRole('button', { name: 'Accept' });
  await accept.waitFor();
  const account = popup.getByRole('radio', { name: /carol/i });
  if (await account.count()) await account.first().check();
  await accept.click();
  await frame.getByText('needs your permission').waitFor({ state: 'detached' });
  await block('today').waitFor();
  await look('consent-given');
  assert.equal((await calls('authentication.authenticate')).length, 1);
  await context.close();
});

test('an administrator has to approve', { timeout: 120_000 }, async () => {
  await ask('carol', 'mutation ($input: DisconnectInput!) { disconnect(input: $input) { disconnected } }', {
    provider: 'MICROSOFT',
  });
  await entra({ do: 'withdraw', person: 'carol' });
  await entra({ do: 'refuse', person: 'carol', code: 90_094 });
  try {
    const { frame, says, block, look, context } = await visit('carol', { naa: () => nestedToken('carol') });
    await says('Approval needed');
    assert.match(await frame.getByLabel('Link for your administrator').inputValue(), /adminconsent/);
    assert.equal(await block('today').count(), 0);
    await look('admin-consent');
    await context.close();
  } finally {
    await entra({ do: 'allow', person: 'carol' });
  }
});

test('carol may not allow Microsoft by herself, and her administrator does', {
  timeout: 150_000,
}, async () => {
  await ask('carol', 'mutation ($input: DisconnectInput!) { disconnect(input: $input) { disconnected } }', {
    provider: 'MICROSOFT',
  });
  await entra({ do: 'withdraw', person: 'carol' });
  await entra({ do: 'user_consent', person: 'carol', allowed: false });
  try {
    const { frame, page, says, press, block, look, context } = await visit('carol', {
      naa: () => nestedToken('carol'),
    });
    await says('Microsoft 365 needs your permission');
    const opening = page.waitForEvent('popup');
    await press('Allow access');
    const popup = await opening;
    const accept = popup.getByRole('button', { name: 'Accept' });
    await accept.waitFor();
    await popup.getByRole('radio', { name: /carol/i }).check();
    const asked = await popup.getByRole('listitem').locator('code').allTextContents();
    await accept.click();
    await popup.getByRole('link', { name: /^Return to the application/ }).click();
    await says('Microsoft 365 did not let you in, or you declined.');
    assert.equal(await block('today').count(), 0);
    await look('closed-tenant');
    await entra({ do: 'consent_for_tenant', person: 'carol', scopes: asked });
    // What Entra refused counts for ten seconds, so that nobody's patience hammers it.
    for (let tries = 0; tries < 8 && (await block('today').count()) === 0; tries += 1) {
      await press('Refresh');
      await block('today')
        .waitFor({ timeout: 3000 })
        .catch(() => {});
    }
    await block('today').waitFor({ timeout: 1000 });
    assert.equal(await frame.getByText('needs your permission').count(), 0);
    await context.close();
  } finally {
    await entra({ do: 'user_consent', person: 'carol', allowed: true });
    await entra({ do: 'withdraw_for_tenant', person: 'carol' });
  }
});

// Seconds after its end that a token still has to be given out, so that the gateway, which forgives the clocks 60 of
// them, takes it now and refuses it some 25 seconds later.
const ENDING = -35;

test('a token ends while the tab is shown, and nobody notices', { timeout: 180_000 }, async () => {
  const given = [];
  const { frame, rows, press, look, answered, context } = await visit('alice', {
    naa: async (method) => {
      const token = await nestedToken('alice', given.length ? {} : { seconds: ENDING });
      given.push({ method, ...token });
      return token;
    },
  });
  await rows().first().waitFor();
  assert.equal(answered[0], 'MyWork 200', 'the first token is good for the first paint');
  await over(given[0].token);
  await frame.evaluate(() => {
    globalThis.seen = { empty: 0, asking: 0 };
    const look = () => {
      const words = document.body.innerText;
      if (!document.querySelector('.issue-row')) globalThis.seen.empty += 1;
      if (/sign in/i.test(words)) globalThis.seen.asking += 1;
    };
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  await press('Refresh');
  // The reading, or what listens, whichever comes first, is refused and fetches the new token for both.
  const read = () => answered.filter((it) => /^My(Work|List) 200/.test(it));
  await eventually(() => assert.deepEqual(read(), ['MyWork 200', 'MyWork 200']));
  assert.ok(
    answered.some((it) => it.endsWith('401')),
    'the first token was over',
  );
  await rows().first().waitFor();
  assert.deepEqual(
    given.map((it) => it.method),
    ['GetToken', 'GetToken'],
    'the host was asked twice, the person not at all',
  );
  assert.deepEqual(await frame.evaluate(() => globalThis.seen), { empty: 0, asking: 0 });
  await look('token-ended');
  await press('Watched', true);
  await eventually(() => assert.deepEqual(read().slice(2), ['MyList 200'], 'and the new one is kept'));
  await context.close();
});

/** Waits until the gateway itself says that the token is over. */
async function over(token) {
  for (let turn = 0; turn < 120; turn++) {
    const answer = await fetch(`${demo.beside}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    if (answer.status === 401) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  assert.fail('the token does not end');
}

test('a channel shows each viewer what they may see', { timeout: 120_000 }, async () => {
  const address =
    '/addins/teams/tab?jql=project%20%3D%20DEMO%20AND%20assignee%20%3D%20currentUser()&title=Mine';
  const keys = async (person) => {
    const { frame, context } = await visit(person, { address });
    await frame.locator('.issue-row').first().waitFor();
    const seen = await frame.evaluate(() =>
      [...document.querySelectorAll('.issue-row .key')].map((it) => it.textContent),
    );
    await context.close();
    return seen;
  };
  const alice = await keys('alice');
  const bob = await keys('bob');
  assert.notDeepEqual(alice, bob, 'one filter, two people, two answers');
});

for (const [provider, words, kept] of [
  ['graph', 'Microsoft 365 is not answering.', true],
  ['jira', /Jira.* is not answering\./, false],
]) {
  test(`${provider} is down and the rest is there`, { timeout: 120_000 }, async () => {
    const { frame, rows, says, press, look, context } = await visit('alice');
    await rows().first().waitFor();
    await control('POST', '/faults', { provider, status: 503 });
    try {
      await press('Refresh');
      await says(words);
      assert.ok((await rows().count()) > 0, kept ? 'the lists of Jira are whole' : 'what was shown stays');
      await look(`${provider}-down`);
    } finally {
      await control('DELETE', '/faults');
    }
    await press('Try again');
    await frame.getByText(words).first().waitFor({ state: 'detached' });
    await rows().first().waitFor();
    await context.close();
  });
}

test('one of two sites is down and the other is whole', { timeout: 120_000 }, async () => {
  await control('DELETE', '/requests');
  const { rows, says, press, look, context } = await visit('dan');
  await rows().first().waitFor();
  const requests = await (await control('GET', '/requests')).json();
  const clouds = new Set(requests.flatMap((it) => /^\/ex\/jira\/([^/]+)\//.exec(it.path)?.[1] ?? []));
  assert.equal(clouds.size, 2, 'both sites were asked');
  await control('POST', '/faults', { provider: 'jira', path: [...clouds][0], status: 503 });
  try {
    await press('Refresh');
    await says(/Jira \(.+\) is not answering\./);
    assert.ok((await rows().count()) > 0);
    await look('one-of-two-sites-down');
  } finally {
    await control('DELETE', '/faults');
  }
  await context.close();
});

/** The sandbox plants a marker in every text, for tests that look where content went; people need not see them. */
function unmark() {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    texts.currentNode.data = texts.currentNode.data.replace(
      / ?cnry[a-z0-9]{20,}| ?\p{Extended_Pictographic}/gu,
      '',
    );
  }
}
