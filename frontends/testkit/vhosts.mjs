// Public names on this machine: one TLS listener for all of them, told apart by the name that was asked for, so that
// pages run at the addresses they have in production. A name that nobody serves does not resolve.
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { generate } from 'selfsigned';

const TYPES = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
};

/** Serves each name by its handler; `rules` is what Chromium's --host-resolver-rules has to be. */
export async function startHosts(handlers) {
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
  });
  const unknown = [];
  const server = https.createServer({ key: pems.private, cert: pems.cert }, async (request, response) => {
    const name = request.headers.host.split(':')[0];
    response.setHeader('access-control-allow-origin', '*');
    const handle = handlers[name];
    if (!handle || (await handle(request, response)) === false) {
      unknown.push(`${name}${request.url}`);
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const names = Object.keys(handlers).map((it) => `MAP ${it}:443 127.0.0.1:${port}`);
  return {
    rules: [...names, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1', 'EXCLUDE localhost'].join(','),
    unknown,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Files below a folder, at a path; false for what is not there. */
export function files(prefix, folder) {
  return async (request, response) => {
    const { pathname } = new URL(request.url, 'https://files');
    const name = path.normalize(pathname.slice(prefix.length));
    if (!pathname.startsWith(prefix) || name.startsWith('..')) return false;
    const bytes = await readFile(path.join(folder, name)).catch(() => null);
    if (!bytes) return false;
    response.setHeader('content-type', TYPES[path.extname(name)] ?? 'application/octet-stream');
    response.end(bytes);
  };
}

/** Everything, from another listener on this machine; `target()` is its address at that moment. */
export function front(target) {
  return (request, response) => {
    const { hostname, port } = new URL(target());
    const { method, headers, url } = request;
    // A connection of its own for each: one that was kept may be closed in the moment in which it is used again.
    const onward = http.request({ hostname, port, method, path: url, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      // A stream's head comes before anything that it has to say.
      response.flushHeaders();
      answer.pipe(response);
      // What came of it is passed on, and then it breaks off here too.
      answer.on('error', () => response.socket?.end());
    });
    onward.on('error', () => response.destroy());
    // Whoever does not listen any more is not spoken to.
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  };
}
