// The isolation probe: forty people ask a running gateway a thousand times at once, and each answer must be the
// asker's own. `node isolation.mjs` uses the demo (`target/demo.json`, or the file in `DEMO`), whose sandbox must know
// forty people (`--crowd`). `PEOPLE`, `REQUESTS` and `CONNECTIONS` change the numbers.
//
// First everybody asks alone: these answers must carry the asker's own ids and nobody else's. Then all ask at once,
// in an order shuffled by `SEED`, and every answer must equal what the same person was told alone.

import { readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { control, root } from "./support/sandbox.mjs";

const wantedPeople = Number(process.env.PEOPLE ?? 40);
const wantedRequests = Number(process.env.REQUESTS ?? 1000);
const connections = Number(process.env.CONNECTIONS ?? wantedRequests);
const seed = Number(process.env.SEED ?? 42);

const demo = JSON.parse(readFileSync(process.env.DEMO ?? path.join(root, "target/demo.json"), "utf8"));
const gateway = new URL("/graphql", process.env.GATEWAY_URL ?? demo.gateway);

/** The issue each site's people ask for. */
const issues = { acme: "DEMO-42", globex: "GLX-1", initech: "INI-1" };

const query = `query Isolation($key: String!) {
  viewer { host person site { id url } connections { provider state subject } }
  issue(key: $key) { id key site { id } summary assignee { accountId } reporter { accountId } }
}`;

const { people: everybody } = await control(demo.sandbox.control, "GET", "/world");
if (everybody.length < wantedPeople) {
  fail([`the sandbox knows ${everybody.length} people, ${wantedPeople} are needed: make demo DEMO_ARGS=--crowd has them`]);
}
const people = everybody.slice(0, wantedPeople);
const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
for (const person of people) person.token = await hostToken(person);

const alone = new Map();
for (const person of people) alone.set(person.handle, await ask(person));
const faults = [...alone].flatMap(([handle, answer]) => strangers(handle, answer));
faults.push(...twins());
if (faults.length > 0) fail(faults);

const order = shuffled(Array.from({ length: wantedRequests }, (_, index) => people[index % people.length]));
const began = performance.now();
const answers = await Promise.all(order.map(ask));
const seconds = (performance.now() - began) / 1000;
agent.destroy();

const wrong = order.flatMap((person, index) => {
  const expected = alone.get(person.handle);
  return isDeepStrictEqual(answers[index], expected) ? [] : [difference(person, answers[index], expected)];
});
if (wrong.length > 0) fail(wrong);
console.log(
  `${order.length} answers for ${people.length} people in ${seconds.toFixed(1)} s, each only the asker's own (seed ${seed})`,
);

/** A Jira context token of the person for their site's issue. */
function hostToken({ handle, site }) {
  const asked = new URLSearchParams({ person: handle, host: "jira", issue: issues[site] });
  return control(demo.sandbox.control, "GET", `/token?${asked}`);
}

/** What a person is told, without what differs between two equal questions. */
async function ask({ token, site }) {
  const { status, body } = await post({ query, variables: { key: issues[site] } }, token);
  const answer = JSON.parse(body);
  for (const error of answer.errors ?? []) delete error.extensions?.correlationId;
  return { status, ...answer };
}

function post(body, token) {
  const text = JSON.stringify(body);
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    accept: "application/json",
    authorization: `Bearer ${token}`,
  };
  return new Promise((resolve, reject) => {
    const request = http.request(gateway, { method: "POST", agent, headers }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString("utf8") });
      });
    });
    request.on("error", reject);
    request.end(text);
  });
}

/** What in a person's answer belongs to somebody else, or what of their own is missing. */
function strangers(handle, answer) {
  const own = everybody.find((person) => person.handle === handle);
  if (answer.status !== 200 || !answer.data?.viewer) {
    return [`${handle} got no viewer alone: ${JSON.stringify(answer).slice(0, 300)}`];
  }
  const found = [];
  const subjects = { JIRA: own.account_id, MICROSOFT: own.oid, ZOOM: own.zoom_user_id };
  for (const { provider, subject } of answer.data.viewer.connections) {
    // A subject may be spelt with its tenant; it must be the asker's in any spelling.
    if (subject && !subject.includes(subjects[provider])) found.push(`${handle} is ${subject} at ${provider}`);
  }
  // Assignee and reporter are other people by right; everything about the viewer is the asker's.
  const viewer = JSON.stringify(answer.data.viewer);
  for (const other of everybody) {
    if (other.handle === handle) continue;
    for (const id of [other.account_id, other.oid, other.zoom_user_id]) {
      if (viewer.includes(id)) found.push(`${handle}'s viewer names ${other.handle}`);
    }
  }
  return found;
}

/** Two people who are told to be the same person, and sites that share an issue. */
function twins() {
  const found = [];
  const seen = new Map();
  for (const [handle, { data }] of alone) {
    const id = data?.viewer?.person;
    if (seen.has(id)) found.push(`${handle} and ${seen.get(id)} are both ${id}`);
    seen.set(id, handle);
  }
  for (const [handle, { data }] of alone) {
    const { site } = everybody.find((person) => person.handle === handle);
    const issue = data?.issue;
    if (issue && issue.key !== issues[site]) found.push(`${handle} of ${site} was shown ${issue.key}`);
    if (issue && issue.site.id !== data.viewer.site?.id) found.push(`${handle} was shown another site's issue`);
  }
  if ([...alone.values()].every(({ data }) => !data?.issue)) found.push("nobody was shown an issue");
  return found;
}

function difference(person, answer, expected) {
  const owner = [...alone].find(([, other]) => isDeepStrictEqual(answer, other))?.[0];
  if (owner) return `${person.handle} was given the answer of ${owner}`;
  return `${person.handle} was told ${JSON.stringify(answer).slice(0, 300)} instead of ${JSON.stringify(expected).slice(0, 300)}`;
}

/** Fisher and Yates with a small generator, so that a failure can be had again. */
function shuffled(list) {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = Math.floor(next() * (last + 1));
    [list[last], list[other]] = [list[other], list[last]];
  }
  return list;
}

function fail(reasons) {
  for (const reason of reasons.slice(0, 20)) console.error(reason);
  console.error(`${reasons.length} faults`);
  process.exit(1);
}
