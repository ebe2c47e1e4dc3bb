// `graphql-sse`, the client of GraphQL over event streams that everybody uses, unmodified, against a gateway of our own.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { NetworkError, createClient } from "graphql-sse";
import { startGateway, until } from "./support/gateway.mjs";
import { startSandbox } from "./support/sandbox.mjs";
import { Sink } from "./support/sink.mjs";

const listen = { query: 'subscription { issueEvents(issue: "10042") { kind commentId } }' };

let sandbox;
let gateway;
/** What the test under way has opened. */
let open = [];

before(async () => {
  sandbox = await startSandbox();
  gateway = await startGateway(sandbox, { "server.ping_interval": 1 });
});

afterEach(async () => {
  for (const client of open) client.dispose();
  open = [];
  await gateway.has(0);
});

after(async () => {
  await gateway?.remove();
  await sandbox?.stop();
});

const token = (more = "") => sandbox.control("GET", `/token?person=alice&host=jira&issue=DEMO-42${more}`);

async function headers() {
  return { authorization: `JWT ${await token()}` };
}

/** The client as its documentation has it; it tries again at once. */
function connected(options = {}) {
  const client = createClient({ url: gateway.graphql, headers, retry: async () => {}, ...options });
  open.push(client);
  return client;
}

/** A subscription with what happened to it. */
function subscribed(client, request = listen) {
  const sink = new Sink();
  const happened = [];
  const on = { connected: (again) => happened.push(again ? "connected again" : "connected") };
  const dispose = client.subscribe(request, sink, on);
  const has = (what) => until(() => `${what} did not happen, but ${happened}`, async () => happened.includes(what));
  return Object.assign(sink, { dispose, happened, has });
}

/** Somebody comments; the comment's id. */
async function commented() {
  const { ids, sent } = await sandbox.control("POST", "/events", { provider: "jira", kind: "comment_created" });
  assert.deepEqual(sent.map(({ status }) => status), [204]);
  return ids.comment;
}

test("each subscription is a stream that is open when its head comes, and ends with the client", async () => {
  const client = connected();
  const [first, second] = [subscribed(client), subscribed(client)];
  await Promise.all([first.has("connected"), second.has("connected")]);
  const told = [await commented(), await commented()];
  assert.deepEqual([await first.comment(), await first.comment()], told);
  assert.deepEqual([await second.comment(), await second.comment()], told);
  first.dispose();
  await first.ended();
  await gateway.has(1);
  const another = await commented();
  assert.equal(await second.comment(), another);
  assert.ok(first.isSilent());
});

test("a query is one result and the end", async () => {
  const answers = [];
  for await (const answer of connected().iterate({ query: '{ issue(key: "DEMO-42") { key } }' })) answers.push(answer);
  assert.deepEqual(answers, [{ data: { issue: { key: "DEMO-42" } } }]);
});

test("the comments that break silence are no results", async () => {
  let bytes = "";
  const fetchFn = async (...request) => {
    const answer = await fetch(...request);
    const [read, kept] = answer.body.tee();
    (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of kept) bytes += decoder.decode(chunk, { stream: true });
    })().catch(() => {});
    return new Response(read, answer);
  };
  const sink = subscribed(connected({ fetchFn }));
  await until("nothing breaks the silence", async () => bytes.split(":\n\n").length > 3);
  const told = await commented();
  assert.equal(await sink.comment(), told);
});

test("what cannot be had is answered by its status before anything is streamed", async () => {
  const client = connected({ retryAttempts: 0 });
  for (const [query, status] of [
    ["subscription { nothing }", 400],
    ['subscription { issueEvents(issue: "99999") { kind } }', 400],
    ["subscription {", 400],
  ]) {
    const failure = await subscribed(client, { query }).failure();
    assert.ok(failure instanceof NetworkError, failure.stack);
    assert.equal(failure.response?.status, status, query);
  }
});

test("a wrong token is 401, and the client may try with another", async () => {
  for (const wrong of [{}, { authorization: "JWT x.y.z" }, { authorization: `JWT ${await token("&seconds=-60")}` }]) {
    const refused = await subscribed(connected({ headers: wrong, retryAttempts: 0 })).failure();
    assert.equal(refused.response.status, 401);
    let asked = 0;
    const sink = subscribed(connected({ headers: () => (asked++ === 0 ? wrong : headers()) }));
    await sink.has("connected again");
    sink.dispose();
    await sink.ended();
  }
});

test("the end of the token ends the stream, and the client comes back with a newer one", async () => {
  let asked = 0;
  const client = connected({
    headers: async () => ({ authorization: `JWT ${await token(asked++ === 0 ? "&seconds=4" : "")}` }),
  });
  const sink = subscribed(client);
  await sink.has("connected again");
  const told = await commented();
  assert.equal(await sink.comment(), told);
  assert.deepEqual(sink.happened, ["connected", "connected again"]);
});

for (const [how, signal] of [
  ["stops", "SIGTERM"],
  ["is killed", "SIGKILL"],
]) {
  test(`when the gateway ${how}, the client comes back and listens on`, async () => {
    let ready;
    const started = new Promise((resolve) => (ready = resolve));
    const sink = subscribed(connected({ retry: () => started }));
    await sink.has("connected");
    const before = await commented();
    assert.equal(await sink.comment(), before);
    await gateway.stop(signal);
    await gateway.start();
    ready();
    await sink.has("connected again");
    const told = await commented();
    assert.equal(await sink.comment(), told);
    assert.ok(sink.isSilent());
  });
}

test("the single connection mode is refused at its first request", async () => {
  const client = connected({ singleConnection: true, retryAttempts: 0 });
  const failure = await subscribed(client).failure();
  assert.ok(failure instanceof NetworkError, failure.stack);
  assert.equal(failure.response.status, 405);
  assert.deepEqual(failure.response.headers.get("allow").split(/, ?/).sort(), ["GET", "HEAD", "POST"]);
});
