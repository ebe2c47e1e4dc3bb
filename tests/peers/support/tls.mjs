// A TLS front for a plain listener, for vendor clients that insist on https. Its certificate is made at run time.

import http from "node:http";
import https from "node:https";
import { generate } from "selfsigned";

/**
 * Forwards everything to `target`; answers `{ url, stop }`. Addresses in JSON answers (discovery, next links) become
 * this front's own, as behind any reverse proxy.
 */
export async function tlsFront(target) {
  const pems = await generate([{ name: "commonName", value: "localhost" }], {
    keySize: 2048,
    algorithm: "sha256",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  const { hostname, port } = new URL(target);
  let url;
  const server = https.createServer({ key: pems.private, cert: pems.cert }, (request, response) => {
    const { method, headers } = request;
    const onward = http.request({ hostname, port, method, path: request.url, headers }, (answer) => {
      if (!answer.headers["content-type"]?.includes("json")) {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
        return;
      }
      readAll(answer).then((text) => {
        const body = text.replaceAll(target, url).replaceAll(new URL(target).host, new URL(url).host);
        delete answer.headers["content-length"];
        response.writeHead(answer.statusCode, answer.headers);
        response.end(body);
      });
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `https://localhost:${server.address().port}`;
  return {
    url,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readAll(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
