// `graphql-ws`, the client of graphql-transport-ws that everybody uses, unmodified, against a gateway of our own.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { CloseCode, createClient } from "graphql-ws";
import WebSocket from "ws";
import { startGateway, until } from "./support/gateway.mjs";
import { startSandbox } from "./support/sandbox.mjs";
import { Sink } from "./support/sink.mjs";

const listen = { query: 'subscription { issueEvents(issue: "10042") { kind commentId } }' };
const query = { query: '{ issue(key: "DEMO-42") { key } }' };

let sandbox;
let gateway;
/** What the test under way has opened. */
let open = [];

before(async () => {
  sandbox = await startSandbox();
  gateway = await startGateway(sandbox, { "server.ping_interval": 2, "server.header_timeout": 3 });
});

afterEach(async () => {
  await Promise.all(open.map((client) => client.dispose()));
  open = [];
  await gateway.hasSockets(0);
  await gateway.has(0);
});

after(async () => {
  await gateway?.remove();
  await sandbox?.stop();
});

const token = (more = "") => sandbox.control("GET", `/token?person=alice&host=jira&issue=DEMO-42${more}`);

async function connectionParams() {
  return { authorization: `JWT ${await token()}` };
}

/** The client as its documentation has it; it tries again at once, and is counted in what it does. */
function connected(options = {}) {
  const happened = [];
  const client = createClient({
    url: gateway.graphql.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams,
    retryWait: async () => {},
    onNonLazyError: () => {},
    on: {
      connected: (_socket, _payload, again) => happened.push(again ? "connected again" : "connected"),
      closed: ({ code }) => happened.push(code),
      pong: (received) => received && happened.push("pong"),
    },
    ...options,
  });
  open.push(client);
  const has = (what) => until(() => `${what} did not happen, but ${happened}`, async () => happened.includes(what));
  return { client, happened, has };
}

function subscribed(client, payload = listen) {
  const sink = new Sink();
  return Object.assign(sink, { dispose: client.subscribe(payload, sink) });
}

/** Somebody comments; the comment's id. */
async function commented() {
  const { ids, sent } = await sandbox.control("POST", "/events", { provider: "jira", kind: "comment_created" });
  assert.deepEqual(sent.map(({ status }) => status), [204]);
  return ids.comment;
}

/** A socket that changes what is sent on it: every message goes through `alter`, which gives those to send instead. */
function altering(alter) {
  return class extends WebSocket {
    send(text) {
      for (const message of alter(JSON.parse(text))) super.send(JSON.stringify(message));
    }
  };
}

/** What a client of such a socket is closed with. */
async function closedWith(webSocketImpl, options = {}) {
  const { client } = connected({ webSocketImpl, retryAttempts: 0, ...options });
  return (await subscribed(client).failure()).code;
}

test("a subscription opens the socket, hears what happens, and closes the socket when it is ended", async () => {
  const { client, happened, has } = connected();
  assert.deepEqual(happened, []);
  const sink = subscribed(client);
  await gateway.has(1);
  const told = [await commented(), await commented()];
  assert.deepEqual([await sink.comment(), await sink.comment()], told);
  sink.dispose();
  await sink.ended();
  await has(1000);
  assert.deepEqual(happened, ["connected", 1000]);
  await gateway.hasSockets(0);
});

test("an eager client is connected before it asks, and one socket carries operations of all kinds", async () => {
  const { client, happened, has } = connected({ lazy: false });
  await has("connected");
  await gateway.hasSockets(1);
  const sink = subscribed(client);
  await gateway.has(1);
  const answers = [];
  for await (const answer of client.iterate(query)) answers.push(answer);
  assert.deepEqual(answers, [{ data: { issue: { key: "DEMO-42" } } }]);
  const input = "idempotencyKey: \"peers\", provider: ZOOM";
  for await (const { data, errors } of client.iterate({
    query: `mutation { disconnect(input: { ${input} }) { disconnected } }`,
  })) {
    assert.equal(errors, undefined);
    assert.equal(data.disconnect.disconnected, "ZOOM");
  }
  const told = await commented();
  assert.equal(await sink.comment(), told);
  sink.dispose();
  await gateway.has(0);
  assert.deepEqual(happened, ["connected"]);
  await gateway.hasSockets(1);
});

test("what does not run is an error of that operation alone", async () => {
  const { client } = connected();
  const sink = subscribed(client);
  await gateway.has(1);
  for (const wrong of ["{ nothing }", 'subscription { issueEvents(issue: "99999") { kind } }']) {
    const errors = await subscribed(client, { query: wrong }).failure();
    assert.deepEqual(errors.map(({ extensions }) => extensions.code), ["BAD_USER_INPUT"]);
  }
  const told = await commented();
  assert.equal(await sink.comment(), told);
});

test("pings go both ways", async () => {
  let pinged = 0;
  let { happened, client } = connected({ keepAlive: 100 });
  client.on("opened", (socket) => socket.on("ping", () => (pinged += 1)));
  const sink = subscribed(client);
  await until("there were no pings", async () => {
    return pinged >= 2 && happened.filter((it) => it === "pong").length >= 5;
  });
  const told = await commented();
  assert.equal(await sink.comment(), told);
});

test("a token may be renewed with a ping on the open socket", async () => {
  const { client, happened } = connected({ connectionParams: async () => ({ authorization: `JWT ${await token("&seconds=4")}` }) });
  const opened = new Promise((resolve) => client.on("connected", resolve));
  const answered = new Promise((resolve) => client.on("pong", (received, payload) => received && resolve(payload)));
  const sink = subscribed(client);
  const ends = Date.now() + 4_000;
  (await opened).send(JSON.stringify({ type: "ping", payload: await connectionParams() }));
  assert.deepEqual(await answered, { renewed: true });
  await until("time stands still", async () => Date.now() > ends + 500);
  const told = await commented();
  assert.equal(await sink.comment(), told);
  assert.deepEqual(happened.filter((it) => it !== "pong"), ["connected"]);
});

test("the end of the token closes with 4403, and the client comes back with a newer one", async () => {
  let asked = 0;
  const { client, happened, has } = connected({
    connectionParams: async () => ({ authorization: `JWT ${await token(asked++ === 0 ? "&seconds=4" : "")}` }),
  });
  const sink = subscribed(client);
  await has("connected again");
  assert.deepEqual(happened, ["connected", CloseCode.Forbidden, "connected again"]);
  await gateway.has(1);
  const told = await commented();
  assert.equal(await sink.comment(), told);
});

test("no token and a wrong one close with 4403, and the client may try with another", async () => {
  for (const wrong of [undefined, { authorization: "JWT x.y.z" }, { authorization: `JWT ${await token("&seconds=-60")}` }]) {
    assert.equal(await closedWith(WebSocket, { connectionParams: wrong }), CloseCode.Forbidden);
    let asked = 0;
    const { client } = connected({ connectionParams: () => (asked++ === 0 ? wrong : connectionParams()) });
    const sink = subscribed(client);
    await gateway.has(1);
    sink.dispose();
    await sink.ended();
    await gateway.has(0);
  }
});

test("an initialisation that is not of the protocol closes with 4400, and the client gives up", async () => {
  const wrong = altering((message) => [{ ...message, payload: "JWT" }]);
  assert.equal(await closedWith(wrong, { retryAttempts: 5 }), CloseCode.BadRequest);
  const unknown = altering((message) => [{ ...message, type: "start" }]);
  assert.equal(await closedWith(unknown, { retryAttempts: 5 }), CloseCode.BadRequest);
});

test("asking before it is known who asks closes with 4401, and the client gives up", async () => {
  const early = altering((message) => [{ type: "subscribe", id: "1", payload: listen }, message]);
  assert.equal(await closedWith(early, { retryAttempts: 5 }), CloseCode.Unauthorized);
});

test("another subprotocol, or none, closes with 4406, and the client gives up", async () => {
  class None extends WebSocket {
    constructor(url) {
      super(url);
    }
  }
  assert.equal(await closedWith(None, { retryAttempts: 5 }), CloseCode.SubprotocolNotAcceptable);
});

test("saying nothing closes with 4408, and the client may try again", async () => {
  const silent = altering(() => []);
  assert.equal(await closedWith(silent), CloseCode.ConnectionInitialisationTimeout);
  let sockets = 0;
  const first = class extends WebSocket {
    silent = sockets++ === 0;
    send(text) {
      if (!this.silent) super.send(text);
    }
  };
  const { client, happened } = connected({ webSocketImpl: first });
  subscribed(client);
  await gateway.has(1);
  assert.deepEqual(happened, [CloseCode.ConnectionInitialisationTimeout, "connected again"]);
});

test("the id of an operation that runs closes with 4409, and the client gives up", async () => {
  const { client } = connected({ generateID: () => "the same" });
  const first = subscribed(client);
  await gateway.has(1);
  const second = subscribed(client);
  assert.equal((await first.failure()).code, CloseCode.SubscriberAlreadyExists);
  assert.equal((await second.failure()).code, CloseCode.SubscriberAlreadyExists);
});

test("a second initialisation closes with 4429, and the client gives up", async () => {
  const twice = altering((message) => (message.type === "connection_init" ? [message, message] : [message]));
  assert.equal(await closedWith(twice, { retryAttempts: 5 }), CloseCode.TooManyInitialisationRequests);
});

for (const [how, signal, code] of [
  ["stops", "SIGTERM", 1001],
  ["is killed", "SIGKILL", 1006],
]) {
  test(`when the gateway ${how}, the client comes back and listens on`, async () => {
    let ready;
    const started = new Promise((resolve) => (ready = resolve));
    const { client, happened } = connected({ retryWait: () => started });
    const sink = subscribed(client);
    await gateway.has(1);
    const before = await commented();
    assert.equal(await sink.comment(), before);
    await gateway.stop(signal);
    await gateway.start();
    ready();
    await gateway.has(1);
    const told = await commented();
    assert.equal(await sink.comment(), told);
    assert.deepEqual(happened, ["connected", code, "connected again"]);
    assert.ok(sink.isSilent());
  });
}
