// Several gateways behind a balancer (`scripts/with-cluster` runs them): what one of them is told is heard at all of
// them, once; two are killed one after the other, and whoever listened through the balancer goes on elsewhere; NATS is
// away for half a minute and PostgreSQL is started anew, which is told as gaps; and nothing but ids travels or is kept.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { control, root } from "./support/sandbox.mjs";
import { Subscriber } from "./support/stream.mjs";

/** Who listens through the balancer. */
const PEOPLE = ["alice", "bob", "carol"];
/** How often each of them: all of it fits on one gateway, where a person may listen ten times. */
const TIMES = 6;
/** Milliseconds after which a query hangs. */
const HUNG = 15_000;
/** Where Debian has the programs of administrators as well. */
const searching = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
/** Milliseconds for whatever must happen. */
const PATIENCE = 30_000;

const record = () => JSON.parse(readFileSync(path.join(root, "target/demo.json"), "utf8"));
const demo = record();
assert(demo.gateways.length >= 3, "three gateways run: scripts/with-cluster");
const wires = [await tap(demo.events)];

const ISSUE = `issueEvents(issue: "${demo.issue.id}") { id kind }`;
const PROJECT = `issueCreated(project: "${demo.issue.key.split("-")[0]}") { id kind }`;
const MEETINGS = "meetingEvents { id kind }";
const RECORDINGS = "recordingEvents { id kind }";

/** What happens where, and what is said of it to whom. */
const happenings = [
  ["jira", "jira:issue_updated", ISSUE, "UPDATED"],
  ["jira", "comment_created", ISSUE, "COMMENTED"],
  ["jira", "comment_updated", ISSUE, "COMMENT_UPDATED"],
  ["jira", "comment_deleted", ISSUE, "COMMENT_DELETED"],
  ["jira", "jira:issue_created", PROJECT, "CREATED"],
  ["zoom", "meeting.created", MEETINGS, "CREATED"],
  ["zoom", "meeting.updated", MEETINGS, "UPDATED"],
  ["zoom", "meeting.started", MEETINGS, "STARTED"],
  ["zoom", "meeting.ended", MEETINGS, "ENDED"],
  ["zoom", "recording.completed", RECORDINGS, "COMPLETED"],
  ["zoom", "recording.transcript_completed", RECORDINGS, "TRANSCRIPT_COMPLETED"],
  ["zoom", "recording.trashed", RECORDINGS, "TRASHED"],
  ["zoom", "recording.recovered", RECORDINGS, "RECOVERED"],
];

const token = (person = "alice") => record().tokens[person].jira;
const subscribe = (name, url, field, person) =>
  new Subscriber(name, () => ({ url, token: token(person) }), `subscription { ${field} }`);

// Every subscription at every gateway itself, so that each event is heard where it was not told.
const fields = [ISSUE, PROJECT, MEETINGS, RECORDINGS];
const everywhere = demo.gateways.flatMap((url) => fields.map((field) => subscribe(url, url, field)));
const at = (field) => everywhere.filter(({ query }) => query.includes(field));
await all(everywhere, "everybody listens at every gateway");

for (const [provider, kind, field, said] of happenings) {
  const before = at(field).map(({ heard }) => heard.length);
  await happens(provider, kind);
  const news = () => at(field).map(({ heard }, index) => heard.slice(before[index]).filter((it) => it.kind === said));
  await until(() => news().every((it) => it.length > 0), `${kind} is heard at all ${demo.gateways.length} gateways`);
  const ids = news().map((it) => it.map(({ id }) => id));
  for (const other of ids) assert.deepEqual(other, ids[0], `${kind} is the same everywhere`);
}
for (const { name, heard } of everywhere) {
  assert.equal(new Set(heard.map(({ id }) => id)).size, heard.length, `nothing is said twice at ${name}`);
}
for (const subscriber of everywhere) assert.deepEqual(subscriber.problems, []);
await Promise.all(everywhere.map((it) => it.close()));
console.log(`${happenings.length} kinds of events, each heard once at all ${demo.gateways.length} gateways`);

const crowd = PEOPLE.flatMap((person) =>
  Array.from({ length: TIMES }, (_, index) => subscribe(`${person} ${index}`, demo.gateway, ISSUE, person)),
);
await all(crowd, "the crowd listens");
await everybodyHears(crowd);
for (const victim of [0, 1]) {
  const streams = crowd.map((it) => it.streams);
  const began = performance.now();
  process.kill(record().gatewayPids[victim], "SIGKILL");
  // The balancer sends people elsewhere at once.
  for (let count = 0; count < 30; count += 1) {
    const answer = await ask("query { issue(id: 10042) { key } }");
    assert.deepEqual(answer, { data: { issue: { key: demo.issue.key } } });
  }
  await until(() => crowd.some((it, index) => it.streams > streams[index]), "some were cut off and came back");
  await all(crowd, "everybody listens again");
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  await everybodyHears(crowd);
  const moved = crowd.filter((it, index) => it.streams > streams[index]).length;
  const news = `${moved} of ${crowd.length} listeners moved, all heard the next event (${seconds} s)`;
  console.log(`gateway ${victim} was killed: ${news}`);
  await until(() => alive(demo.admins[victim]), "it is started again");
}

let nats;
process.on("exit", () => nats?.kill());
await outage("NATS", 30, {
  stop: () => process.kill(Number(process.env.TREFOIL_TEST_EVENTS_PID), "SIGTERM"),
  start: async () => {
    const { port } = new URL(demo.events);
    nats = spawn("nats-server", ["-a", "127.0.0.1", "-p", port], { stdio: "ignore", env: searching });
    await until(() => tap(demo.events).then((it) => wires.push(it), () => false), "NATS is there again");
  },
  answered: true,
});
await outage("PostgreSQL", 5, {
  stop: () => postgres("-m", "fast", "stop"),
  start: () => postgres("-l", `${process.env.TREFOIL_TEST_DATABASE_DIR}.log`, "start"),
  // What a query needs of the database it cannot have meanwhile; it is answered all the same.
  answered: false,
});
for (const subscriber of crowd) assert.deepEqual(subscriber.problems, []);
await Promise.all(crowd.map((it) => it.close()));

const canaries = readFileSync(path.join(root, demo.canaries), "utf8").split("\n").filter(Boolean);
assert(canaries.length > 100, "content was planted");
const places = [["NATS", wires.map((it) => it.text()).join("")], ["PostgreSQL", dump(demo.database)]];
for (const log of demo.logs) places.push([log, readFileSync(path.join(root, log), "utf8")]);
for (const [name, text] of places) {
  assert(text.length > 1_000, `${name} was read`);
  const found = canaries.filter((it) => text.includes(it));
  assert.equal(found.length, 0, `content in ${name}: ${found.length} of ${canaries.length} canaries`);
}
for (const wire of wires) wire.end();
nats.kill();
const sizes = places.map(([name, text]) => `${name} ${(text.length / 1024).toFixed(0)} kB`);
console.log(`no content of ${canaries.length} planted words in ${sizes.join(", ")}`);

/** Makes something happen at a vendor, which tells one of the gateways. */
async function happens(provider, kind) {
  const { sent } = await control(demo.sandbox.control, "POST", "/events", { provider, kind });
  assert(sent?.length > 0, `${kind} is told to somebody`);
  for (const { url, status } of sent) assert(status >= 200 && status < 300, `${kind} at ${url}: ${status}`);
}

/** Something is away for so many seconds: everybody is told, no query hangs, and afterwards all is as before. */
async function outage(name, seconds, { stop, start, answered }) {
  const gaps = ({ heard }) => heard.filter(({ kind }) => kind === "GAP").length;
  const before = crowd.map(gaps);
  const everybodyKnows = (more) => crowd.every((it, index) => gaps(it) >= before[index] + more);
  await stop();
  const began = performance.now();
  let [told, queries, slowest] = [null, 0, 0];
  while (performance.now() - began < seconds * 1000) {
    for (const url of [demo.gateway, ...demo.gateways]) {
      const asked = performance.now();
      const answer = await ask("query { issue(id: 10042) { key } }", url);
      slowest = Math.max(slowest, performance.now() - asked);
      if (answered) assert.deepEqual(answer, { data: { issue: { key: demo.issue.key } } });
      queries += 1;
    }
    if (told === null && everybodyKnows(1)) told = performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await start();
  const back = performance.now();
  await until(() => everybodyKnows(1), `everybody is told that ${name} was away`);
  told ??= performance.now() - began;
  // Each gateway connects again in its own time, and until then has the vendor tell it later.
  for (const admin of demo.admins) await until(() => isWhole(admin), "each gateway has all it needs again");
  await everybodyHears(crowd);
  const recovered = ((performance.now() - back) / 1000).toFixed(1);
  console.log(
    `${name} was away for ${seconds} s: all ${crowd.length} listeners were told within ${(told / 1000).toFixed(1)} s, ` +
      `${queries} queries answered (${answered ? "all with their data, " : ""}the slowest in ${slowest.toFixed(0)} ms), ` +
      `all heard the next event ${recovered} s after it was back`,
  );
}

/** Runs `pg_ctl` on the cluster's own database. */
function postgres(...words) {
  const line = ["-D", process.env.TREFOIL_TEST_DATABASE_DIR, "-w", ...words];
  const program = programOf("pg_ctl");
  if (process.getuid() !== 0) execFileSync(program, line, { stdio: "ignore" });
  else execFileSync("runuser", ["-u", "postgres", "--", program, ...line], { stdio: "ignore", cwd: "/" });
}

/** One more event is heard by all of them; gaps are not it. */
async function everybodyHears(subscribers) {
  const updates = ({ heard }) => heard.filter(({ kind }) => kind === "UPDATED").length;
  const before = subscribers.map(updates);
  await happens("jira", "jira:issue_updated");
  await until(() => subscribers.every((it, index) => updates(it) > before[index]), "everybody hears the event");
}

async function ask(query, url = demo.gateway) {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    signal: AbortSignal.timeout(HUNG),
    // Each on a connection of its own, so that the balancer chooses each time.
    headers: { "content-type": "application/json", authorization: `Bearer ${token()}`, connection: "close" },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

function alive(admin) {
  return fetch(`${admin}/readyz`).then(({ ok }) => ok, () => false);
}

/** Whether it misses neither its database nor its bus. */
async function isWhole(admin) {
  const answer = await fetch(`${admin}/readyz`).catch(() => null);
  return (await answer?.text()) === "ready\n";
}

function all(subscribers, what) {
  return until(() => subscribers.every((it) => it.isListening), what);
}

async function until(so, what) {
  const began = performance.now();
  while (!(await so())) {
    assert(performance.now() - began < PATIENCE, `not within ${PATIENCE / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Everything that travels on a NATS, from now on. */
async function tap(events) {
  const { hostname, port } = new URL(events);
  const socket = net.connect(Number(port), hostname);
  const pieces = [];
  // It goes with its NATS.
  socket.on("error", () => {});
  socket.on("data", (piece) => {
    pieces.push(piece);
    if (piece.includes("PING\r\n")) socket.write("PONG\r\n");
  });
  socket.write('CONNECT {"verbose":false,"pedantic":false}\r\nSUB > 1\r\nPING\r\n');
  await until(() => socket.destroyed || Buffer.concat(pieces).includes("PONG\r\n"), "NATS answers");
  assert(!socket.destroyed, "NATS answers");
  return { text: () => Buffer.concat(pieces).toString("latin1"), end: () => socket.destroy() };
}

/** The whole database as text. */
function dump(database) {
  return execFileSync(programOf("pg_dump"), ["--inserts", database], { encoding: "utf8", maxBuffer: 1 << 30 });
}

/** Where Debian has one of PostgreSQL's programs. */
function programOf(name) {
  const versions = "/usr/lib/postgresql";
  const programs = readdirSync(versions).map((it) => path.join(versions, it, "bin", name));
  return programs.find(existsSync);
}
