// jira.js runs against the sandbox with its schemas strict: an answer it does not know fails the test.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  createCloudClient,
  exchangeAuthorizationCode,
  generateAuthorizationUrl,
  getAccessibleResources,
  isAuthError,
  isNotFoundError,
  isRateLimitError,
  isScopeError,
  refreshOAuth2Token,
} from "jira.js";
import { judgeAtTheEnd } from "./support/judgement.mjs";
import { startSandbox } from "./support/sandbox.mjs";

const application = { clientId: "sandbox-jira-client", clientSecret: "sandbox-jira-client-secret" };
const redirectUri = "http://127.0.0.1:8080/oauth/jira/callback";
const everything = ["read:jira-work", "write:jira-work", "read:jira-user", "offline_access"];

let sandbox;
let people;
let alice;

before(async () => {
  sandbox = await startSandbox({ keepBodies: true });
  mapNames({
    "https://auth.atlassian.com": sandbox.addresses.jira[0],
    "https://api.atlassian.com": sandbox.addresses.jira[0],
  });
  const world = await sandbox.control("GET", "/world");
  people = Object.fromEntries(world.people.map((person) => [person.handle, person]));
  alice = await clientOf("alice");
});

after(() => sandbox?.stop());

/** jira.js has Atlassian's addresses built in; here they lead to the sandbox, as a hosts file would. */
function mapNames(names) {
  const real = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const from = Object.keys(names).find((name) => String(input).startsWith(name));
    return real(from ? String(input).replace(from, names[from]) : input, init);
  };
}

async function tokensOf(person, scopes = everything) {
  const url = new URL(generateAuthorizationUrl({ ...application, scopes, redirectUri, state: "s" }));
  // The sandbox's own shortcut for who is signed in and accepts.
  url.searchParams.set("login_hint", person);
  url.searchParams.set("auto", "1");
  const answer = await fetch(url, { redirect: "manual" });
  const location = new URL(answer.headers.get("location"));
  assert.equal(location.searchParams.get("state"), "s");
  const code = location.searchParams.get("code");
  return exchangeAuthorizationCode({ ...application, redirectUri, code });
}

async function clientOf(person, scopes = everything) {
  const { accessToken } = await tokensOf(person, scopes);
  const [site] = await getAccessibleResources(accessToken);
  const host = `${sandbox.addresses.jira[0]}/ex/jira/${site.id}`;
  return createCloudClient({ host, auth: { type: "bearer", token: accessToken }, onSchemaMismatch: "throw" });
}

test("three-legged OAuth gives tokens, sites, and refresh tokens that work once", async () => {
  const tokens = await tokensOf("alice");
  const sites = await getAccessibleResources(tokens.accessToken);
  assert.deepEqual(sites.map((site) => site.url), [sandbox.addresses.jira[0]]);
  const { refreshToken } = tokens;
  const next = await refreshOAuth2Token({ ...application, refreshToken });
  assert.notEqual(next.accessToken, tokens.accessToken);
  await assert.rejects(refreshOAuth2Token({ ...application, refreshToken }), { status: 403 });
});

test("the user is the one who allowed the app", async () => {
  const user = await alice.myself.getCurrentUser({});
  assert.equal(user.accountId, people.alice.account_id);
});

test("an issue is read by key and by id, whole and trimmed", async () => {
  const whole = await alice.issues.getIssue({
    issueIdOrKey: "DEMO-42",
    expand: "renderedFields,names,transitions",
  });
  assert.equal(whole.id, "10042");
  assert.match(whole.fields.summary, /Kick-off for the roll-out/);
  assert.equal(whole.fields.description.type, "doc");
  const trimmed = await alice.issues.getIssue({ issueIdOrKey: "10042", fields: ["summary", "status"] });
  assert.deepEqual(Object.keys(trimmed.fields).sort(), ["status", "summary"]);
});

test("fifty issues are fetched in one call", async () => {
  const keys = Array.from({ length: 50 }, (_, index) => `DEMO-${51 + index}`);
  const answer = await alice.issues.bulkFetchIssues({ issueIdsOrKeys: keys, fields: ["summary"] });
  assert.equal(answer.issues.length, 50);
});

test("a search pages by token and ends", async () => {
  const found = [];
  let nextPageToken;
  do {
    const page = await alice.issueSearch.searchAndReconsileIssuesUsingJqlPost({
      jql: "project = DEMO ORDER BY updated DESC",
      maxResults: 50,
      fields: ["summary", "status"],
      ...(nextPageToken ? { nextPageToken } : {}),
    });
    found.push(...page.issues.map((issue) => issue.key));
    nextPageToken = page.nextPageToken;
    assert.equal(page.isLast, nextPageToken === undefined);
  } while (nextPageToken);
  assert.equal(new Set(found).size, 120);
  const one = await alice.issueSearch.searchAndReconsileIssuesUsingJql({ jql: "key = DEMO-42" });
  assert.deepEqual(one.issues.map((issue) => issue.id), ["10042"]);
});

test("comments, transitions, links and properties are read and written", async () => {
  const issueIdOrKey = "DEMO-43";
  const body = { type: "doc", version: 1, content: [{ type: "paragraph", content: [{ type: "text", text: "Seen." }] }] };
  const added = await alice.issueComments.addComment({ issueIdOrKey, body });
  const page = await alice.issueComments.getComments({ issueIdOrKey, startAt: 0, maxResults: 100 });
  assert.ok(page.comments.some((comment) => comment.id === added.id));

  const { transitions } = await alice.issues.getTransitions({ issueIdOrKey });
  await alice.issues.doTransition({ issueIdOrKey, transition: { id: transitions[0].id } });
  const moved = await alice.issues.getIssue({ issueIdOrKey, fields: ["status"] });
  assert.equal(moved.fields.status.id, transitions[0].to.id);

  await alice.issueRemoteLinks.createOrUpdateRemoteIssueLink({
    issueIdOrKey,
    globalId: "trefoil-1",
    object: { url: "https://trefoil.example/1", title: "Plan" },
  });
  const links = await alice.issueRemoteLinks.getRemoteIssueLinks({ issueIdOrKey });
  assert.ok(links.some((link) => link.globalId === "trefoil-1"));

  await alice.issueProperties.setIssueProperty({ issueIdOrKey, propertyKey: "trefoil", body: { on: true } });
  const property = await alice.issueProperties.getIssueProperty({ issueIdOrKey, propertyKey: "trefoil" });
  assert.deepEqual(property.value, { on: true });
});

test("an issue is created from what the create screen asks for, and assigned", async () => {
  const { issueTypes, createMetaIssueType } = await alice.issues.getCreateIssueMetaIssueTypes({ projectIdOrKey: "DEMO" });
  const [kind] = issueTypes ?? createMetaIssueType;
  await alice.issues.getCreateIssueMetaIssueTypeId({ projectIdOrKey: "DEMO", issueTypeId: kind.id });
  const created = await alice.issues.createIssue({
    fields: { project: { key: "DEMO" }, issuetype: { id: kind.id }, summary: "From a mail" },
  });
  await alice.issues.assignIssue({ issueIdOrKey: created.key, accountId: people.bob.account_id });
  const read = await alice.issues.getIssue({ issueIdOrKey: created.key, fields: ["assignee"] });
  assert.equal(read.fields.assignee.accountId, people.bob.account_id);
});

test("create screens ask for fields of most kinds, and say what is wrong with each", async () => {
  const kinds = {};
  for (const projectIdOrKey of ["DEMO", "OPS"]) {
    const types = await alice.issues.getCreateIssueMetaIssueTypes({ projectIdOrKey });
    for (const { id } of types.issueTypes ?? types.createMetaIssueType) {
      const screen = await alice.issues.getCreateIssueMetaIssueTypeId({ projectIdOrKey, issueTypeId: id });
      for (const field of screen.fields ?? screen.results) kinds[field.schema.custom ?? field.schema.type] = field.required;
    }
  }
  const known = "com.atlassian.jira.plugin.system.customfieldtypes:";
  for (const kind of ["textfield", "textarea", "float", "datepicker", "datetime", "select", "multiselect", "userpicker", "cascadingselect"]) {
    assert.ok(known + kind in kinds, kind);
  }
  const fields = { project: { key: "DEMO" }, issuetype: { id: "10002" }, summary: "Printer", labels: ["two words"] };
  await assert.rejects(alice.issues.createIssue({ fields }), (error) => {
    assert.match(JSON.stringify(error.body ?? error.response ?? error.message), /Severity is required/);
    return true;
  });
  const created = await alice.issues.createIssue({
    fields: { ...fields, labels: ["printer"], customfield_10030: { id: "10101" }, customfield_10031: [{ id: "10113" }] },
    properties: [{ key: "trefoil.request", value: { id: "abc" } }],
  });
  const found = await alice.issueSearch.searchAndReconsileIssuesUsingJqlPost({
    jql: "project = DEMO AND creator = currentUser() AND created >= -5m",
    fields: ["summary", "customfield_10030", "watches"],
    properties: ["trefoil.request"],
    reconcileIssues: [Number(created.id)],
  });
  const issue = found.issues.find((it) => it.key === created.key);
  assert.equal(issue.properties["trefoil.request"].id, "abc");
  assert.equal(issue.fields.customfield_10030.value, "Major");
});

test("comments keep properties, issues have watchers, and a transition asks for what it needs", async () => {
  const body = { type: "doc", version: 1, content: [{ type: "paragraph", content: [{ type: "text", text: "Seen." }] }] };
  const properties = [{ key: "trefoil.request", value: { id: "abc" } }];
  const added = await alice.issueComments.addComment({ issueIdOrKey: "DEMO-45", body, properties });
  const listed = await alice.issueComments.getCommentsByIds({ ids: [Number(added.id)], expand: "properties" });
  assert.deepEqual(listed.values[0].properties, properties);
  const watchers = await alice.issueWatchers.getIssueWatchers({ issueIdOrKey: "DEMO-45" });
  assert.equal(watchers.isWatching, true);

  const issueIdOrKey = "OPS-1";
  const { transitions } = await alice.issues.getTransitions({ issueIdOrKey, expand: "transitions.fields" });
  const done = transitions.find((it) => it.name === "Done");
  assert.ok(done.hasScreen && done.fields.resolution.required);
  await assert.rejects(alice.issues.doTransition({ issueIdOrKey, transition: { id: done.id } }));
  await alice.issues.doTransition({
    issueIdOrKey,
    transition: { id: done.id },
    fields: { resolution: { id: done.fields.resolution.allowedValues[0].id } },
  });
  await alice.issues.assignIssue({ issueIdOrKey, accountId: null });
});

test("who belongs to two sites is told of both, and reads the same key on each", async () => {
  const { accessToken } = await tokensOf("dan");
  const sites = await getAccessibleResources(accessToken);
  assert.deepEqual(sites.map((site) => site.name), ["acme", "globex"]);
  const ids = [];
  for (const site of sites) {
    const host = `${sandbox.addresses.jira[0]}/ex/jira/${site.id}`;
    const dan = createCloudClient({ host, auth: { type: "bearer", token: accessToken }, onSchemaMismatch: "throw" });
    ids.push((await dan.issues.getIssue({ issueIdOrKey: "DEMO-42", fields: ["summary"] })).id);
  }
  assert.deepEqual(ids, ["10042", "20042"]);
});

test("permissions, people and projects are found", async () => {
  const mine = await alice.permissions.getMyPermissions({ issueKey: "DEMO-42", permissions: "BROWSE_PROJECTS" });
  assert.equal(mine.permissions.BROWSE_PROJECTS.havePermission, true);
  const checked = await alice.permissions.getBulkPermissions({
    projectPermissions: [{ permissions: ["BROWSE_PROJECTS"], issues: [10042] }],
  });
  assert.ok(checked.projectPermissions[0].issues.includes(10042));
  const users = await alice.userSearch.findUsers({ query: "bob" });
  assert.ok(users.some((user) => user.accountId === people.bob.account_id));
  const projects = await alice.projects.searchProjects({});
  assert.deepEqual(projects.values.map((project) => project.key).sort(), ["ARC", "DEMO", "OPS"]);
  const open = await alice.projects.searchProjects({ action: "create", query: "o", maxResults: 1, orderBy: "-key" });
  assert.deepEqual(open.values.map((project) => project.key), ["OPS"]);
  assert.ok(open.nextPage && !open.isLast);
});

test("attachments have a limit, go up and come down", async () => {
  const meta = await alice.issueAttachments.getAttachmentMeta();
  assert.ok(meta.enabled && meta.uploadLimit > 0);
  const [attachment] = await alice.issueAttachments.addAttachment({
    issueIdOrKey: "DEMO-42",
    attachments: { filename: "plan.txt", content: Buffer.from("the plan") },
  });
  assert.equal(attachment.size, 8);
  const read = await alice.issues.getIssue({ issueIdOrKey: "DEMO-42", fields: ["attachment"] });
  assert.ok(read.fields.attachment.some((it) => it.id === attachment.id));
});

test("the smaller questions are answered in the shapes jira.js knows", async () => {
  const issueIdOrKey = "DEMO-42";
  const { count } = await alice.issueSearch.countIssues({ jql: "project = DEMO" });
  assert.ok(count >= 120);
  const matched = await alice.issueSearch.matchIssues({ issueIds: [10042, 10043], jqls: ["key = DEMO-42"] });
  assert.deepEqual(matched.matches[0].matchedIssues, [10042]);
  await alice.jql.parseJqlQueries({ queries: ["project = DEMO"], validation: "strict" });

  const worklog = await alice.issueWorklogs.addWorklog({
    issueIdOrKey,
    timeSpentSeconds: 1800,
    started: "2026-11-20T09:00:00.000+0000",
  });
  const worklogs = await alice.issueWorklogs.getIssueWorklog({ issueIdOrKey });
  assert.ok(worklogs.worklogs.some((it) => it.id === worklog.id));

  const { comments } = await alice.issueComments.getComments({ issueIdOrKey });
  await alice.issueComments.getComment({ issueIdOrKey, id: comments[0].id });
  const listed = await alice.issueComments.getCommentsByIds({ ids: [Number(comments[0].id)] });
  assert.equal(listed.values[0].id, comments[0].id);

  const user = await alice.users.getUser({ accountId: people.bob.account_id });
  assert.equal(user.accountId, people.bob.account_id);
  await alice.userSearch.findAssignableUsers({ issueKey: issueIdOrKey });
  await alice.userSearch.findUsersForPicker({ query: "bob" });
  await alice.projects.getProject({ projectIdOrKey: "DEMO" });
  await alice.issuePriorities.searchPriorities({});
  await alice.issueFields.getFields();
  await alice.serverInfo.getServerInfo();

  const read = await alice.issues.getIssue({ issueIdOrKey, fields: ["attachment"] });
  const { id } = read.fields.attachment[0];
  await alice.issueAttachments.getAttachment({ id });
  await alice.issues.editIssue({ issueIdOrKey: "DEMO-44", fields: { summary: "Renamed" } });
  const renamed = await alice.issues.getIssue({ issueIdOrKey: "DEMO-44", fields: ["summary"] });
  assert.equal(renamed.fields.summary, "Renamed");
});

test("what a person may not see is not there", async () => {
  const bob = await clientOf("bob");
  await assert.rejects(bob.issues.getIssue({ issueIdOrKey: "OPS-1" }), isNotFoundError);
  const erin = await clientOf("erin");
  await assert.rejects(erin.issues.getIssue({ issueIdOrKey: "DEMO-42" }), isNotFoundError);
});

test("refusals are told apart: no token, no scope, too fast", async () => {
  const host = sandbox.addresses.jira[0];
  const nobody = createCloudClient({ host, auth: { type: "bearer", token: "nonsense" } });
  await assert.rejects(nobody.myself.getCurrentUser({}), isAuthError);

  const narrow = await clientOf("alice", ["read:jira-user"]);
  await assert.rejects(narrow.issues.getIssue({ issueIdOrKey: "DEMO-42" }), isScopeError);

  await sandbox.control("POST", "/faults", { provider: "jira", style: "jira-429", count: 1 });
  await assert.rejects(alice.myself.getCurrentUser({}), (error) => {
    assert.ok(isRateLimitError(error));
    assert.ok(error.retryAfterMs > 0);
    return true;
  });
});

judgeAtTheEnd("jira", () => sandbox, { atLeast: 30 });
