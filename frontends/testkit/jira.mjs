// A page that embeds the panel as Jira does, by Connect's own host library.
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

const here = import.meta.dirname;
const modules = path.resolve(here, '../node_modules');
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html; charset=utf-8' };

const FILES = [
  [/^\/browse\/DEMO-42$/, () => path.join(here, 'jira.html')],
  [/^\/host\.js$/, () => path.join(here, 'host.js')],
  [/^\/jquery\/jquery\.js$/, () => path.join(modules, 'jquery/dist/jquery.js')],
  // In the product this is Atlassian's own content network.
  [/^\/connect-cdn\/all\.js$/, () => path.join(modules, 'atlassian-connect-js/dist/iframe.js')],
  [/^\/connect-cdn\/([\w./-]+)$/, (name) => path.join(modules, 'atlassian-connect-js/dist', name)],
];

/** Where Connect's files are on this machine. */
export const CONNECT = path.join(modules, 'atlassian-connect-js/dist');

export async function startJira() {
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://jira');
    if (url.pathname === '/token') {
      return response.end(contextToken(url.searchParams.get('n')));
    }
    for (const [pattern, file] of FILES) {
      const match = pattern.exec(url.pathname);
      if (match && !url.pathname.includes('..')) {
        const name = file(match[1]);
        const bytes = await readFile(name).catch(() => null);
        if (bytes) {
          response.setHeader('content-type', TYPES[path.extname(name)] ?? 'application/octet-stream');
          return response.end(bytes);
        }
      }
    }
    response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    allJs: `${origin}/connect-cdn/all.js`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Shaped like Connect's context token; the stand-in gateway does not verify it. */
export function contextToken(n) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const issue = { id: '10042', key: 'DEMO-42' };
  const exp = Math.floor(Date.now() / 1000) + 900;
  return `${part({ alg: 'HS256' })}.${part({ sub: 'someone', qsh: 'context-qsh', exp, context: { jira: { issue } }, n })}.x`;
}
