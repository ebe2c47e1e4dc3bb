// Microsoft's own client libraries run against the sandbox: MSAL for on-behalf-of, the Graph client for reading.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ConfidentialClientApplication, InteractionRequiredAuthError } from "@azure/msal-node";
import {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  GraphError,
  PageIterator,
} from "@microsoft/microsoft-graph-client";
import { judgeAtTheEnd } from "./support/judgement.mjs";
import { startSandbox } from "./support/sandbox.mjs";
import { tlsFront } from "./support/tls.mjs";

// The certificate is made at run time, so nothing can trust it beforehand; this process speaks to loopback only.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";

const clientId = "7d0c6e0e-6b5f-4e8e-9f0a-3f7d3a2b9c11";
const clientSecret = "sandbox-entra-client-secret";
const scopes = ["User.Read", "Mail.Read"].map((it) => `https://graph.microsoft.com/${it}`);

let sandbox;
let login;
let graph;
let people;

before(async () => {
  sandbox = await startSandbox({ keepBodies: true });
  login = await tlsFront(sandbox.addresses.login);
  graph = await tlsFront(sandbox.addresses.graph);
  const world = await sandbox.control("GET", "/world");
  people = Object.fromEntries(world.people.map((person) => [person.handle, person]));
});

after(async () => {
  await login?.stop();
  await graph?.stop();
  await sandbox?.stop();
});

// A new application each time, because MSAL remembers tokens and refusals.
function application(person) {
  return new ConfidentialClientApplication({
    auth: {
      clientId,
      clientSecret,
      authority: `${login.url}/${people[person].tid}`,
      knownAuthorities: [new URL(login.url).host],
    },
  });
}

async function onBehalfOf(person, more = {}) {
  const token = await sandbox.control("GET", `/token?person=${person}&host=outlook`);
  return application(person).acquireTokenOnBehalfOf({ oboAssertion: token, scopes, ...more });
}

test("MSAL exchanges a host's token for one of Graph", async () => {
  await sandbox.control("POST", "/entra", { do: "consent", person: "alice", scopes: ["User.Read", "Mail.Read"] });
  const result = await onBehalfOf("alice");
  assert.ok(result.accessToken.length > 20);
  assert.equal(result.account.homeAccountId, `${people.alice.oid}.${people.alice.tid}`);
  assert.equal(result.idTokenClaims.tid, people.alice.tid);
  assert.ok(result.scopes.some((scope) => scope.endsWith("Mail.Read")));
  assert.ok(result.expiresOn > new Date());
});

test("MSAL takes a missing consent for interaction required", async () => {
  await assert.rejects(onBehalfOf("bob"), (error) => {
    assert.ok(error instanceof InteractionRequiredAuthError, error.stack);
    assert.equal(error.errorCode, "invalid_grant");
    assert.match(error.errorMessage, /65001/);
    assert.equal(error.subError, "consent_required");
    return true;
  });
});

test("MSAL takes a demand for another factor for interaction required, with its claims", async () => {
  await sandbox.control("POST", "/entra", { do: "consent", person: "carol", scopes: ["User.Read", "Mail.Read"] });
  await sandbox.control("POST", "/entra", { do: "refuse", person: "carol", code: 50076 });
  await assert.rejects(onBehalfOf("carol"), (error) => {
    assert.ok(error instanceof InteractionRequiredAuthError, error.stack);
    assert.equal(error.errorCode, "interaction_required");
    assert.ok(JSON.parse(error.claims).access_token);
    return true;
  });
});

test("MSAL is told that a changed assertion is not valid", async () => {
  const token = await sandbox.control("GET", "/token?person=alice&host=teams");
  const changed = token.replace(/.{6}$/, "AAAAAA");
  await assert.rejects(onBehalfOf("alice", { oboAssertion: changed }), (error) => {
    assert.ok(!(error instanceof InteractionRequiredAuthError));
    assert.match(error.errorMessage, /50013/);
    return true;
  });
});

test("MSAL redeems a code with its verifier, and refreshes silently", async () => {
  const redirectUri = "http://localhost/oauth/microsoft/callback";
  const app = application("dan");
  const url = await app.getAuthCodeUrl({
    scopes,
    redirectUri,
    state: "s",
    codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    codeChallengeMethod: "S256",
  });
  const code = await consent(url, "dan");
  const first = await app.acquireTokenByCode({
    code,
    scopes,
    redirectUri,
    codeVerifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
  });
  assert.equal(first.account.localAccountId, people.dan.oid);
  const second = await app.acquireTokenSilent({ account: first.account, scopes, forceRefresh: true });
  assert.notEqual(second.accessToken, first.accessToken);
});

const all = ["User.Read", "Mail.ReadWrite", "Calendars.ReadWrite", "Chat.Read", "Tasks.ReadWrite", "OnlineMeetings.Read"];

/** The Graph client of a person who has consented to these permissions. */
async function graphOf(person, permissions = all) {
  await sandbox.control("POST", "/entra", { do: "consent", person, scopes: permissions });
  const wanted = permissions.map((it) => `https://graph.microsoft.com/${it}`);
  const { accessToken } = await onBehalfOf(person, { scopes: wanted });
  return Client.init({
    authProvider: (done) => done(null, accessToken),
    baseUrl: `${graph.url}/`,
    customHosts: new Set([new URL(graph.url).hostname]),
  });
}

test("the Graph client reads who the person is", async () => {
  const alice = await graphOf("alice");
  const me = await alice.api("/me").select("id,displayName,mail").get();
  assert.equal(me.id, people.alice.oid);
  assert.equal(me.displayName, people.alice.name);
});

test("the Graph client pages through a mailbox by the next link", async () => {
  const alice = await graphOf("alice");
  const first = await alice.api("/me/messages").top(50).select("id,subject,internetMessageId").get();
  const ids = new Set();
  const pages = new PageIterator(alice, first, (message) => {
    ids.add(message.id);
    // What was not asked for is not there.
    assert.deepEqual(Object.keys(message).sort(), ["@odata.etag", "id", "internetMessageId", "subject"]);
    return true;
  });
  await pages.iterate();
  assert.ok(ids.size >= 520, `${ids.size} messages`);
});

test("the Graph client finds a mail by its Message-ID, and follows its conversation", async () => {
  const alice = await graphOf("alice");
  const found = await alice
    .api("/me/messages")
    .header("Prefer", 'IdType="ImmutableId", outlook.body-content-type="html"')
    .filter("internetMessageId eq '<demo-42-1@mail.acme.example>'")
    .select("id,subject,body,conversationId,from,toRecipients,receivedDateTime,bodyPreview")
    .get();
  assert.equal(found.value.length, 1);
  const [mail] = found.value;
  assert.equal(mail.body.contentType, "html");
  const again = await alice.api(`/me/messages/${mail.id}`).get();
  assert.equal(again.internetMessageId, "<demo-42-1@mail.acme.example>");
  const thread = await alice.api("/me/messages").filter(`conversationId eq '${mail.conversationId}'`).get();
  assert.ok(thread.value.length >= 1);
});

test("the Graph client reads events, chats and tasks of the story", async () => {
  const alice = await graphOf("alice");
  const events = await alice.api("/me/events").filter("iCalUId eq 'demo-42-event-1@acme.example'").get();
  assert.equal(events.value.length, 1);
  await alice.api(`/me/events/${events.value[0].id}`).get();
  const from = new Date(Date.now() - 30 * 86_400_000).toISOString();
  const to = new Date(Date.now() + 30 * 86_400_000).toISOString();
  const view = await alice.api("/me/calendarView").query({ startDateTime: from, endDateTime: to }).get();
  assert.ok(view.value.length > 0);
  const chat = await alice.api("/chats/19:demo42group@thread.v2").expand("members").get();
  assert.ok(chat.members.length >= 2);
  const messages = await alice.api("/chats/19:demo42group@thread.v2/messages").top(20).get();
  assert.ok(messages.value.length > 0);
  const chats = await alice.api("/me/chats").expand("members").top(20).get();
  assert.ok(chats.value.length >= 3);
  const lists = await alice.api("/me/todo/lists").get();
  const list = lists.value.find((it) => it.displayName.includes("Roll-out"));
  const tasks = await alice.api(`/me/todo/lists/${list.id}/tasks`).expand("linkedResources").get();
  const linked = tasks.value.filter((task) => task.linkedResources?.length > 0);
  assert.equal(linked.length, 4);
  const created = await alice.api(`/me/todo/lists/${list.id}/tasks`).post({ title: "Send the plan" });
  await alice.api(`/me/todo/lists/${list.id}/tasks/${created.id}`).patch({ status: "completed" });
});

test("the Graph client walks the rest of a mailbox, a calendar and a directory", async () => {
  const alice = await graphOf("alice", [...all, "People.Read", "User.ReadBasic.All"]);
  const { value: mails } = await alice.api("/me/messages").top(5).expand("attachments").get();
  const { value: withFiles } = await alice.api("/me/messages").filter("hasAttachments eq true").top(1).get();
  const { value: files } = await alice.api(`/me/messages/${withFiles[0].id}/attachments`).get();
  await alice.api(`/me/messages/${withFiles[0].id}/attachments/${files[0].id}`).get();
  await alice.api("/me/messages").search('"roll-out"').top(3).get();
  await alice.api("/me/mailFolders").get();
  await alice.api("/me/mailFolders/inbox/messages").top(2).get();
  const inputIds = [mails[0].id];
  const ids = { inputIds, sourceIdType: "restId", targetIdType: "restImmutableEntryId" };
  await alice.api("/me/translateExchangeIds").post(ids);
  await alice.api("/me/calendars").get();
  const event = await alice.api("/me/events").post({
    subject: "Plan",
    start: { dateTime: "2030-01-01T10:00:00", timeZone: "UTC" },
    end: { dateTime: "2030-01-01T11:00:00", timeZone: "UTC" },
    attendees: [{ type: "required", emailAddress: { address: people.bob.email, name: people.bob.name } }],
  });
  await alice.api(`/me/events/${event.id}`).patch({ subject: "Plan B" });
  await alice.api(`/me/events/${event.id}`).delete();
  const { value: online } = await alice.api("/me/events").filter("iCalUId eq 'demo-42-event-1@acme.example'").get();
  const { joinUrl } = online[0].onlineMeeting;
  const meetings = await alice.api("/me/onlineMeetings").filter(`JoinWebUrl eq '${joinUrl}'`).get();
  assert.equal(meetings.value.length, 1);
  await alice.api(`/me/onlineMeetings/${meetings.value[0].id}`).get();
  await alice.api("/me/people").get();
  await alice.api(`/users/${people.bob.oid}`).get();
  await alice.api("/chats/19:demo42group@thread.v2/members").get();
});

test("the Graph client reads a mail's headers, files and MIME, also in a shared mailbox", async () => {
  const alice = await graphOf("alice", [...all, "Mail.Read", "Mail.Read.Shared"]);
  const found = async (base, id, select) => {
    const page = await alice.api(`${base}/messages`).filter(`internetMessageId eq '<${id}>'`).select(select).get();
    return page.value[0];
  };
  const answer = await found("/me", "plan-4@mail.acme.example", "id,internetMessageHeaders");
  const header = answer.internetMessageHeaders.find((it) => it.name === "References");
  assert.match(header.value, /^<plan-1@mail.acme.example>/);
  const offer = await found("/me", "offer-1@mail.supplier.example", "id,hasAttachments");
  const attachments = `/me/messages/${offer.id}/attachments`;
  const { value: files } = await alice.api(attachments).select("id,name,contentType,size,isInline").get();
  assert.equal(files.length, 7);
  const [pdf, , logo, , , item, reference] = files;
  assert.ok(!("contentBytes" in pdf) && logo.isInline);
  assert.equal(item["@odata.type"], "#microsoft.graph.itemAttachment");
  const bytes = async (path) => (await alice.api(path).responseType("raw").get()).arrayBuffer();
  assert.equal((await bytes(`${attachments}/${pdf.id}/$value`)).byteLength, pdf.size);
  const mime = Buffer.from(await bytes(`/me/messages/${offer.id}/$value`)).toString();
  assert.match(mime, /^Message-ID: <offer-1@mail.supplier.example>/);
  await assert.rejects(alice.api(`${attachments}/${reference.id}/$value`).get(), { statusCode: 405 });
  const shared = await found("/users/support@acme.example", "support-1@mail.acme.example", "id,subject");
  await alice.api(`/users/support@acme.example/messages/${shared.id}`).select("subject,body").get();
  const carol = await graphOf("carol", ["User.Read", "Mail.Read.Shared"]).catch(() => null);
  if (carol) {
    await assert.rejects(carol.api(`/users/support@acme.example/messages/${shared.id}`).get(), { statusCode: 403 });
  }
});

test("the Graph client sorts a batch's answers, which come in any order", async () => {
  const bob = await graphOf("bob", ["User.Read", "Mail.Read"]);
  const batch = new BatchRequestContent([
    { id: "1", request: new Request("https://graph.microsoft.com/me?$select=id", { method: "GET" }) },
    { id: "2", request: new Request("https://graph.microsoft.com/me/messages?$top=1", { method: "GET" }) },
    { id: "3", request: new Request("https://graph.microsoft.com/me/todo/lists", { method: "GET" }) },
  ]);
  const answers = new BatchResponseContent(await bob.api("/$batch").post(await batch.getContent()));
  assert.equal((await answers.getResponseById("1").json()).id, people.bob.oid);
  assert.equal(answers.getResponseById("2").status, 200);
  assert.equal(answers.getResponseById("3").status, 403, "each part needs its own permission");
});

test("the Graph client understands refusals, and waits when it is throttled", async () => {
  const heidi = await graphOf("heidi", ["User.Read"]);
  await assert.rejects(heidi.api("/me/messages").get(), (error) => {
    assert.ok(error instanceof GraphError);
    assert.equal(error.statusCode, 403);
    assert.equal(error.code, "ErrorAccessDenied");
    assert.ok(error.requestId);
    return true;
  });
  const alice = await graphOf("alice");
  await assert.rejects(alice.api("/me/messages/AAMkNothing").get(), (error) => {
    assert.ok([400, 404].includes(error.statusCode), `${error.statusCode}`);
    return true;
  });
  await sandbox.control("POST", "/faults", { provider: "graph", path: "/me/messages", style: "graph-429", count: 1 });
  const began = Date.now();
  await alice.api("/me/messages").top(1).get();
  assert.ok(Date.now() - began >= 2000, "the client must have waited as Retry-After said");
});

/** Accepts on the consent page as a browser would: reads the form and sends it. */
async function consent(url, person) {
  const page = await (await fetch(url)).text();
  const form = new URLSearchParams();
  for (const [input] of page.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    if (name && /type="hidden"/.test(input)) form.set(name, unescape(/value="([^"]*)"/.exec(input)?.[1] ?? ""));
  }
  form.set("person", person);
  form.set("decision", "accept");
  const action = unescape(/<form[^>]*action="([^"]*)"/.exec(page)?.[1] ?? url);
  const answer = await fetch(new URL(action, url), { method: "POST", body: form, redirect: "manual" });
  const location = answer.headers.get("location");
  assert.ok(location, `no redirect: ${answer.status} ${await answer.text()}`);
  return new URL(location).searchParams.get("code");
}

function unescape(text) {
  return text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&#x27;", "'").replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}

judgeAtTheEnd("graph", () => sandbox, { atLeast: 25 });
