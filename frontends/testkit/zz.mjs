import { launch } from './browser.mjs';
import { policyOf, startGateway } from './gateway.mjs';
import { freshMailWorld, MAILS } from './mail-world.mjs';
import { GATEWAY, startOutlook } from './outlook.mjs';
import { openPane, VALUES } from './pane.mjs';

const office = {
  values: { ...VALUES, '%AUTHORITY%': process.argv[2] || 'http://127.0.0.1:4411/' },
  policy: policyOf(
    'https://appsforoffice.microsoft.com https://ajax.aspnetcdn.com',
    '',
    'https://login.microsoftonline.com https://res.cdn.office.net',
    'https://outlook.office.com',
  ),
};
const gateway = await startGateway({ office });
const origin = gateway.origin;
gateway.public = origin;
gateway.world = freshMailWorld();
gateway.world.connections.JIRA = 'NOT_CONNECTED';
const hosts = await startOutlook(() => gateway.origin);
const browser = await launch({ rules: hosts.rules });
try {
  const p = await openPane(browser, {
    mails: MAILS,
    mail: 'offer',
    address: `${origin}/addins/outlook/`,
    token: (m, w) => {
      return { token: 'token-1', username: 'grace@acme.example' };
    },
  });
  p.page.context().on('page', async (d) => {
    console.log('PAGE', d.url());
    d.on('console', (m) => console.log('D', m.text()));
  });
  await p.ready().catch((e) => console.log('NOT READY', e.message));
  await p.page.waitForTimeout(500);
  console.log((await p.frame.evaluate(() => document.body.innerText)).slice(0, 300), p.frame.url());
  console.log(p.complaints);
  await p.frame.getByRole('button', { name: 'Connect Jira' }).click({ timeout: 2000 });
  await p.page.waitForTimeout(4000);
  console.log(
    p.complaints,
    hosts.unknown,
    gateway.requests.map((r) => [r.operationName, r.authorization]),
  );
  console.log((await p.frame.evaluate(() => document.body.innerText)).slice(0, 300));
} catch (e) {
  console.log(String(e).slice(0, 300));
} finally {
  await browser.close();
  await hosts.close();
  await gateway.close();
}
