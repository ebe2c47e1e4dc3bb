// Outlook on the web with the add-in in it: Microsoft's own office.js at its own address, inside a page at Outlook's.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { files, front, startHosts } from './vhosts.mjs';

const here = import.meta.dirname;
const OFFICE = path.resolve(here, '../node_modules/@microsoft/office-js/dist');

/** Where the gateway is in the browser's eyes. */
export const GATEWAY = 'https://trefoil.example';
export const OUTLOOK = 'https://outlook.office.com';
export const OFFICE_JS = 'https://appsforoffice.microsoft.com/lib/1/hosted/office.js';
export const CLIENT = '2c3caa80-93f9-425e-8b85-0745f50c0d24';

/** Serves all of it; `gateway()` is the address of the gateway on this machine. */
export function startOutlook(gateway, more = {}) {
  const page = (name, type) => async (_request, response) => {
    response.setHeader('content-type', type);
    response.end(await readFile(path.join(here, name)));
  };
  const outlook = page('outlook.html', 'text/html; charset=utf-8');
  const script = page('outlook.js', 'text/javascript');
  return startHosts({
    'outlook.office.com': (request, response) =>
      (request.url === '/testkit/outlook.js' ? script : outlook)(request, response),
    'appsforoffice.microsoft.com': files('/lib/1/hosted/', OFFICE),
    'ajax.aspnetcdn.com': page('msajax.js', 'text/javascript'),
    'trefoil.example': front(gateway),
    ...more,
  });
}

/**
 * The bridge that Outlook puts into an add-in's frame for nested app authentication: msal asks it for tokens.
 * `answer(method, wanted)` returns `{ token, expiresIn, username }`, or `{ error: { status, code } }`.
 */
export async function bridge(context, answer) {
  await context.exposeFunction('trefoilHostToken', (method, wanted) => answer(method, wanted));
  await context.addInitScript(() => {
    if (window === window.top) return;
    const part = (value) =>
      btoa(JSON.stringify(value)).replace(/=/g, '').replace(/\+/g, '-').replace(/\//g, '_');
    const heard = [];
    const ids = { oid: '00000000-0000-4000-8000-00000000000a', tid: '11111111-1111-4111-8111-111111111111' };
    const home = `${ids.oid}.${ids.tid}`;
    const reply = async ({ method, requestId, tokenParams }) => {
      const common = { messageType: 'NestedAppAuthResponse', requestId, success: true };
      if (method === 'GetInitContext') {
        const account = { homeAccountId: home, environment: 'login.microsoftonline.com', tenantId: ids.tid };
        return {
          ...common,
          initContext: {
            sdkName: 'testkit',
            sdkVersion: '1.0',
            capabilities: { queryAccount: true },
            accountContext: account,
          },
        };
      }
      const given = await window.trefoilHostToken(method, tokenParams);
      if (given.error) return { ...common, success: false, error: given.error };
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        ...ids,
        aud: tokenParams.clientId,
        iss: `https://login.microsoftonline.com/${ids.tid}/v2.0`,
        preferred_username: given.username,
        name: given.username,
        iat: now,
        exp: now + 3600,
        ver: '2.0',
      };
      return {
        ...common,
        token: {
          access_token: given.token,
          id_token: `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.x`,
          expires_in: given.expiresIn ?? 3600,
          scope: tokenParams.scope,
          properties: null,
        },
        account: {
          environment: 'login.microsoftonline.com',
          username: given.username,
          tenantId: ids.tid,
          localAccountId: ids.oid,
          homeAccountId: home,
        },
      };
    };
    window.nestedAppAuthBridge = {
      addEventListener: (_type, hear) => heard.push(hear),
      removeEventListener: () => {},
      postMessage: async (text) => {
        const answer = JSON.stringify(await reply(JSON.parse(text)));
        for (const hear of heard) hear(answer);
      },
    };
  });
}
