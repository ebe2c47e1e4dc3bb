// Teams on the web with a tab in it: Microsoft's own teams-js in the tab, a page at Teams' address around it.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { operationsOf } from './browser.mjs';
import { bridge, CLIENT, GATEWAY } from './outlook.mjs';
import { calm } from './patience.mjs';
import { front, startHosts } from './vhosts.mjs';

export { CLIENT, GATEWAY };
export const TEAMS = 'https://teams.microsoft.com';

/** What the gateway writes into the tab's page. */
export const VALUES = {
  '%CLIENT_ID%': CLIENT,
  '%AUTHORITY%': 'https://login.microsoftonline.com/',
  '%TEAMS_APP_ID%': '5ab7d1f0-0000-4000-8000-000000000001',
  '%SCOPE%': `api://trefoil.example/${CLIENT}/access_as_user`,
};

/** Serves all of it; `gateway()` is the address of the gateway on this machine. */
export function startTeams(gateway, more = {}) {
  return startHosts({ ...teamsPages(), 'trefoil.example': front(gateway), ...more });
}

/** Teams' own pages, to be served by name beside others. */
export function teamsPages() {
  const page = (name, type) => async (_request, response) => {
    response.setHeader('content-type', type);
    response.end(await readFile(path.join(import.meta.dirname, name)));
  };
  const host = page('teams.html', 'text/html; charset=utf-8');
  const script = page('teams.js', 'text/javascript');
  return {
    'teams.microsoft.com': (request, response) =>
      (request.url === '/testkit/teams.js' ? script : host)(request, response),
  };
}

/** Opens Teams with a tab in it. `sso` answers Teams' own sign-on, `naa` nested app authentication where it is on. */
export async function openTab(
  browser,
  {
    address = '/addins/teams/tab',
    width = 1024,
    height = 768,
    theme = 'default',
    context: told = {},
    settings = null,
    sso = () => ({ token: 'sso-token' }),
    naa,
    ...more
  } = {},
) {
  const context = await browser.newContext({
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
    ignoreHTTPSErrors: true,
    viewport: { width, height },
    ...more,
  });
  if (naa) await bridge(context, naa);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const { asked, heard } = operationsOf(page);
  await page.exposeFunction('trefoilTeamsToken', sso);
  await page.goto(`${TEAMS}/v2/${address.includes('configure') ? 'settings' : ''}`);
  await page.evaluate(
    ({ told, settings, theme, naa, url }) => {
      const { teams } = globalThis;
      Object.assign(teams, { context: told, settings, theme, naa, token: globalThis.trefoilTeamsToken });
      teams.mount(url);
    },
    { told, settings, theme, naa: Boolean(naa), url: new URL(address, GATEWAY).href },
  );
  const frame = await (await page.waitForSelector('iframe')).contentFrame();
  return {
    context,
    page,
    frame,
    complaints,
    /** The operations that the gateway was asked, in order. */
    asked,
    heard,
    teams: (read, given) => page.evaluate(read, given),
    calls: (func) =>
      page.evaluate(
        (it) => globalThis.teams.calls.filter((call) => call.func === it).map((call) => call.args),
        func,
      ),
    ready: () => calm(frame),
  };
}
