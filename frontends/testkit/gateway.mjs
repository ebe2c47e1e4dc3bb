// A stand-in for the gateway, for the states that the real one cannot be driven into: the real schema, the real
// documents of the build, the real content policy, and a world that a test sets as it likes.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { buildSchema, graphql } from 'graphql';
import { isSubscription, streamsOf } from './streams.mjs';
import { freshWorld } from './world.mjs';

const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html; charset=utf-8' };
const root = path.resolve(import.meta.dirname, '..');
const dist = path.resolve(root, process.env.DIST ?? 'dist');

/**
 * Starts it. `allJs` is the address of Connect's library, `office` what the pages of Outlook and Teams are told;
 * `world` is what it answers from, `public` how browsers reach it.
 */
export async function startGateway({ allJs = 'https://connect.invalid/all.js', office = {} } = {}) {
  const schema = buildSchema(
    readFileSync(path.resolve(root, process.env.SCHEMA ?? '../schema.graphql'), 'utf8'),
  );
  resolveInterfaces(schema);
  const documents = JSON.parse(readFileSync(path.join(dist, 'persisted-documents.json'), 'utf8'));
  const gateway = {
    world: freshWorld(),
    /** What was asked and answered once. */
    requests: [],
    /** What is listened to. */
    streams: streamsOf(schema),
    origin: '',
    public: null,
  };
  const vendor = new URL(allJs).origin;
  const policy = policyOf(`${vendor}`, `${vendor} https://connect-cdn.atl-paas.net`, '', vendor);
  const values = { '%ALL_JS_URL%': allJs, ...office.values };

  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://gateway');
    response.setHeader('content-security-policy', policy);
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    if (url.pathname === '/graphql' && request.method === 'POST') {
      return answer(request, response);
    }
    if (url.pathname === '/oauth/start') {
      // The provider's pages and our callback page, in one: it tells the opener and closes.
      const provider = url.searchParams.get('provider');
      if (!gateway.world.declines) gateway.world.connect(provider);
      response.setHeader('content-type', 'text/html');
      if (gateway.world.host === 'OUTLOOK') {
        // As the real page does in Outlook: office.js hands the message to the pane.
        response.setHeader('content-security-policy', office.policy);
        return response.end(
          `<title>Connected</title><p>Connected.</p><script src="${values['%OFFICE_JS_URL%']}"></script><script src="/oauth/done.js?${provider}"></script>`,
        );
      }
      response.setHeader('content-security-policy', "script-src 'self'");
      return response.end(
        `<title>Connected</title><p>Connected.</p><script src="/oauth/done.js?${provider}"></script>`,
      );
    }
    if (url.pathname === '/oauth/done.js') {
      const message = JSON.stringify({
        type: 'trefoil:connected',
        provider: url.search.slice(1),
        ok: !gateway.world.declines,
      });
      response.setHeader('content-type', 'text/javascript');
      if (gateway.world.host === 'OUTLOOK') {
        return response.end(
          `Office.onReady(() => Office.context.ui.messageParent(${JSON.stringify(message)}));`,
        );
      }
      if (gateway.world.host === 'TEAMS') {
        // As the real page does in Teams: it speaks the library's own words to the window that opened it.
        return response.end(teamsDone(message, !gateway.world.declines));
      }
      return response.end(
        gateway.world.silentPopup
          ? 'window.close();'
          : `window.opener?.postMessage(${message}, location.origin); window.close();`,
      );
    }
    if (url.pathname.startsWith('/addins/')) {
      return asset(url.pathname.slice('/addins/'.length), response);
    }
    response.writeHead(404).end();
  });

  async function answer(request, response) {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = JSON.parse(text);
    const source = body.documentId ? documents[body.documentId] : body.query;
    const { world } = gateway;
    const streams = source && isSubscription(source, body.operationName);
    const seen = { ...body, authorization: request.headers.authorization };
    if (!streams) {
      gateway.requests.push(seen);
      await world.held;
    }
    if (world.reset) {
      return request.socket.destroy();
    }
    if (world.accepts && !world.accepts(request.headers.authorization)) {
      const extensions = { code: 'UNAUTHENTICATED' };
      return response.writeHead(401).end(JSON.stringify({ errors: [{ message: 'not you', extensions }] }));
    }
    response.setHeader('content-type', 'application/graphql-response+json');
    if (world.refuse) {
      const { status, code, ...extensions } = world.refuse;
      return response
        .writeHead(status)
        .end(JSON.stringify({ errors: [{ message: code, extensions: { code, ...extensions } }] }));
    }
    if (!source) {
      const extensions = { code: 'PERSISTED_QUERY_NOT_FOUND' };
      return response
        .writeHead(400)
        .end(JSON.stringify({ errors: [{ message: 'unknown document', extensions }] }));
    }
    if (streams) {
      const { status, ...extensions } = world.unheard ?? {};
      return status
        ? response.writeHead(status).end(JSON.stringify({ errors: [{ message: '', extensions }] }))
        : gateway.streams.begin({ source, body, request, response, silent: world.silent });
    }
    const result = await graphql({
      schema,
      source,
      rootValue: world.root(gateway.public ?? gateway.origin),
      variableValues: body.variables,
      operationName: body.operationName,
    });
    seen.errors = result.errors?.map((it) => it.message);
    const whole = Buffer.from(JSON.stringify(result));
    const { loses } = world;
    world.loses = null;
    if (loses === 'in a proxy') {
      return response.writeHead(504).end();
    }
    if (loses === 'halfway') {
      // It has begun, so the browser does not ask once more by itself, as it does when a connection that it kept
      // open ends without a word.
      response.writeHead(200, { 'content-length': whole.length });
      response.write(whole.subarray(0, 1));
      return request.socket.end();
    }
    response.end(whole);
  }

  async function asset(name, response) {
    // Teams' tabs have addresses of their own and one page.
    const page = name.endsWith('/') || /^teams\/(tab|configure)$/.test(name);
    const file = path.join(dist, page ? `${name.replace(/[^/]*$/, '')}index.html` : name);
    try {
      let bytes = await readFile(file);
      if (file.endsWith('.html')) {
        bytes = bytes.toString();
        for (const [name, value] of Object.entries(values)) bytes = bytes.replaceAll(name, value);
        response.setHeader('cache-control', 'no-store');
        if (!name.startsWith('jira-panel/')) response.setHeader('content-security-policy', office.policy);
      }
      response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream');
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  gateway.origin = `http://localhost:${server.address().port}`;
  /** Waits until nobody is connected any more, so that no late request of one test is counted in the next. */
  gateway.settles = async () => {
    const connected = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
    for (let look = 0; look < 100 && (await connected()) > 0; look++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  gateway.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return gateway;
}

/** The content policy that the real gateway sends. */
export function policyOf(scripts, styles, connects, ancestors) {
  return [
    "default-src 'none'",
    `script-src 'self' ${scripts}`,
    `style-src 'self' ${styles}`,
    `connect-src 'self' ${connects}`,
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${ancestors}`,
  ].join('; ');
}

/** What `authentication.notifySuccess` of teams-js sends, and `notifyFailure` when it was refused. */
function teamsDone(message, ok) {
  const func = `authentication.authenticate.${ok ? 'success' : 'failure'}`;
  const said = JSON.stringify({ id: 1, func, args: [ok ? message : 'refused'] });
  return `window.opener?.postMessage(${said}, '*');`;
}

function resolveInterfaces(schema) {
  for (const type of Object.values(schema.getTypeMap())) {
    if ('resolveType' in type) {
      type.resolveType = (it) => it.__typename;
    }
  }
}
