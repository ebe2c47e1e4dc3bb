// A Connect app built on Atlassian's own atlassian-jwt lives with the sandbox: installs, iframes, API calls, acting as
// a user. Whatever the sandbox signs must verify here, and whatever is signed here must open the sandbox.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import jwt from "atlassian-jwt";
import { startSandbox } from "./support/sandbox.mjs";

const { AsymmetricAlgorithm, SymmetricAlgorithm } = jwt;

let sandbox;
let app;
let jira;
let people;
let installed;

before(async () => {
  sandbox = await startSandbox();
  jira = sandbox.addresses.jira[0];
  app = await startApp();
  const world = await sandbox.control("GET", "/world");
  people = Object.fromEntries(world.people.map((person) => [person.handle, person]));
  const answer = await sandbox.control("POST", "/jira/install", { site: "acme", gateway: app.url });
  assert.equal(answer.status, 204);
  installed = app.calls.find((call) => call.body.eventType === "installed");
});

after(async () => {
  await app?.stop();
  await sandbox?.stop();
});

/** An app with a descriptor, which remembers its lifecycle calls. */
async function startApp() {
  const calls = [];
  const server = http.createServer(async (request, response) => {
    if (request.url === "/atlassian-connect.json") {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(descriptor(`http://127.0.0.1:${server.address().port}`)));
      return;
    }
    let text = "";
    for await (const chunk of request) text += chunk;
    calls.push({ path: request.url, authorization: request.headers.authorization, body: JSON.parse(text) });
    response.writeHead(204).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    calls,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function descriptor(baseUrl) {
  return {
    key: "trefoil-peer",
    name: "Peer",
    baseUrl,
    authentication: { type: "jwt" },
    apiVersion: 1,
    scopes: ["READ", "WRITE", "ACT_AS_USER"],
    lifecycle: {
      installed: "/connect/installed",
      uninstalled: "/connect/uninstalled",
      enabled: "/connect/enabled",
      disabled: "/connect/disabled",
    },
    modules: {},
  };
}

function tokenOf(call) {
  assert.match(call.authorization, /^JWT /);
  return call.authorization.slice(4);
}

function queryStringHash(method, url) {
  return jwt.createQueryStringHash(jwt.fromMethodAndUrl(method, url), false, "");
}

function signed(method, url, change = {}) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: "trefoil-peer", iat: now, exp: now + 60, qsh: queryStringHash(method, url), ...change };
  return jwt.encodeSymmetric(claims, installed.body.sharedSecret, SymmetricAlgorithm.HS256);
}

async function asApp(path, change) {
  const token = signed("GET", path, change);
  return fetch(`${jira}${path}`, { headers: { authorization: `JWT ${token}` } });
}

test("the install is signed by the key of its kid, for this app and this call", async () => {
  const token = tokenOf(installed);
  const key = await (await fetch(`${jira}/install-keys/${jwt.getKeyId(token)}`)).text();
  const claims = jwt.decodeAsymmetric(token, key, AsymmetricAlgorithm.RS256);
  assert.deepEqual([claims.aud].flat(), [app.url]);
  assert.equal(claims.iss, installed.body.clientKey);
  assert.equal(claims.qsh, queryStringHash("POST", "/connect/installed"));
  assert.equal(installed.body.baseUrl, jira);
  assert.ok(installed.body.sharedSecret.length >= 32);
  const unknown = await fetch(`${jira}/install-keys/unknown`);
  assert.equal(unknown.status, 404);
});

test("enabled and disabled are signed with the shared secret", async () => {
  await sandbox.control("POST", "/jira/disable", { site: "acme", gateway: app.url });
  await sandbox.control("POST", "/jira/enable", { site: "acme", gateway: app.url });
  for (const event of ["enabled", "disabled"]) {
    const call = app.calls.findLast((it) => it.body.eventType === event);
    const claims = jwt.decodeSymmetric(tokenOf(call), installed.body.sharedSecret, SymmetricAlgorithm.HS256);
    assert.equal(claims.qsh, queryStringHash("POST", `/connect/${event}`));
    assert.equal(call.body.sharedSecret, undefined, "only the install carries the secret");
  }
});

test("the token of a page says who looks at what", async () => {
  const token = await sandbox.control("GET", "/token?person=alice&host=jira&issue=DEMO-42");
  const claims = jwt.decodeSymmetric(token, installed.body.sharedSecret, SymmetricAlgorithm.HS256);
  assert.equal(claims.sub, people.alice.account_id);
  assert.equal(claims.qsh, "context-qsh");
  assert.equal(claims.context.jira.issue.key, "DEMO-42");
  assert.equal(claims.exp - claims.iat, 900);
});

test("an app's call is taken with the hash of its own address only", async () => {
  const paths = [
    "/rest/api/3/issue/DEMO-42",
    "/rest/api/3/issue/DEMO-42?fields=summary,status&expand=names",
    "/rest/api/3/issue/DEMO-42?fields=summary&fields=status",
    "/rest/api/3/search/jql?jql=project%20%3D%20DEMO%20AND%20text%20~%20%22roll-out*%22&maxResults=1",
    "/rest/api/3/user/search?query=Gr%C3%BC%C3%9Fe+%26%20mehr",
  ];
  for (const path of paths) assert.equal((await asApp(path)).status, 200, path);
  const other = await asApp(paths[0], { qsh: queryStringHash("GET", paths[1]) });
  assert.equal(other.status, 401);
  const late = await asApp(paths[0], { exp: Math.floor(Date.now() / 1000) - 60 });
  assert.equal(late.status, 401);
});

test("the app acts as a user, with that user's rights", async () => {
  const bob = await actingAs(people.bob);
  assert.equal(bob.status, 200);
  assert.equal(bob.json.expires_in, 900);
  const read = (path) => fetch(`${jira}${path}`, { headers: { authorization: `Bearer ${bob.json.access_token}` } });
  assert.equal((await (await read("/rest/api/3/myself")).json()).accountId, people.bob.account_id);
  assert.equal((await read("/rest/api/3/issue/DEMO-42")).status, 200);
  assert.equal((await read("/rest/api/3/issue/OPS-1")).status, 404);

  const stranger = await actingAs(people.frank);
  assert.deepEqual([stranger.status, stranger.json.error], [400, "invalid_grant"]);
  await sandbox.control("POST", "/jira/active", { person: "carol", active: false });
  const gone = await actingAs(people.carol);
  assert.deepEqual([gone.status, gone.json.error], [400, "invalid_grant"]);
  const forged = await actingAs(people.bob, "another secret of thirty-two bytes");
  assert.equal(forged.status, 400);
});

/** https://developer.atlassian.com/cloud/jira/platform/user-impersonation-for-connect-apps/ */
async function actingAs(person, secret = installed.body.sharedSecret) {
  const now = Math.floor(Date.now() / 1000);
  const assertion = jwt.encodeSymmetric(
    {
      iss: `urn:atlassian:connect:clientid:${installed.body.oauthClientId}`,
      sub: `urn:atlassian:connect:useraccountid:${person.account_id}`,
      tnt: jira,
      aud: "https://oauth-2-authorization-server.services.atlassian.com",
      iat: now,
      exp: now + 60,
    },
    secret,
    SymmetricAlgorithm.HS256,
  );
  const form = new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
  const response = await fetch(`${jira}/oauth2/token`, { method: "POST", body: form });
  return { status: response.status, json: await response.json() };
}

test("after the app is removed its secret opens nothing", async () => {
  await sandbox.control("POST", "/jira/uninstall", { site: "acme", gateway: app.url });
  const call = app.calls.findLast((it) => it.body.eventType === "uninstalled");
  const token = tokenOf(call);
  const key = await (await fetch(`${jira}/install-keys/${jwt.getKeyId(token)}`)).text();
  const claims = jwt.decodeAsymmetric(token, key, AsymmetricAlgorithm.RS256);
  assert.equal(claims.qsh, queryStringHash("POST", "/connect/uninstalled"));
  assert.equal((await asApp("/rest/api/3/issue/DEMO-42")).status, 401);
});
