// Microsoft's own client libraries run against the sandbox: MSAL for on-behalf-of, the Graph client for reading.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ConfidentialClientApplication, InteractionRequiredAuthError } from "@azure/msal-node";
import { startSandbox } from "./support/sandbox.mjs";
import { tlsFront } from "./support/tls.mjs";

// The certificate is made at run time, so nothing can trust it beforehand; this process speaks to loopback only.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";

const clientId = "7d0c6e0e-6b5f-4e8e-9f0a-3f7d3a2b9c11";
const clientSecret = "sandbox-entra-client-secret";
const scopes = ["User.Read", "Mail.Read"].map((it) => `https://graph.microsoft.com/${it}`);

let sandbox;
let login;
let people;

before(async () => {
  sandbox = await startSandbox();
  login = await tlsFront(sandbox.addresses.login);
  const world = await sandbox.control("GET", "/world");
  people = Object.fromEntries(world.people.map((person) => [person.handle, person]));
});

after(async () => {
  await login?.stop();
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
  const { token } = await sandbox.control("GET", `/entra/token?person=${person}&host=outlook`);
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
  const { token } = await sandbox.control("GET", "/entra/token?person=alice&host=teams");
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
