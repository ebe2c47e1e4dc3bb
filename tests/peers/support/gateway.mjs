// A gateway of one's own beside a sandbox: a process with a fresh database, which can be stopped and started again.

import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { root } from "./sandbox.mjs";

/** A debug build on a busy machine needs its time. */
const patience = 60_000;

/** `TREFOIL_PROGRAM`, or the debug build, which is made when it is not there. */
export function gatewayProgram() {
  if (process.env.TREFOIL_PROGRAM) return process.env.TREFOIL_PROGRAM;
  const target = process.env.CARGO_TARGET_DIR ?? path.join(root, "target");
  const built = path.join(target, "debug", "trefoil");
  if (!existsSync(built)) {
    execFileSync("cargo", ["build", "--quiet", "--bin", "trefoil"], { cwd: root, stdio: "inherit" });
  }
  return built;
}

/**
 * A gateway for the people of a running sandbox's site acme, with more settings as `{ "server.ping_interval": 1 }`.
 * It ends with `remove()`.
 */
export async function startGateway(sandbox, settings = {}) {
  const gateway = new Gateway(sandbox, settings, await freePort(), await freePort());
  try {
    await gateway.start();
    const installed = await sandbox.control("POST", "/jira/install", { site: "acme", gateway: gateway.url });
    if (![200, 204].includes(installed.status)) throw new Error(`not installed: ${JSON.stringify(installed)}`);
    return gateway;
  } catch (error) {
    await gateway.remove();
    throw error;
  }
}

class Gateway {
  #folder = mkdtempSync(path.join(tmpdir(), "trefoil-gateway-"));
  #environment;
  #child;
  #admin;

  constructor(sandbox, settings, port, adminPort) {
    this.url = `http://127.0.0.1:${port}`;
    this.graphql = `${this.url}/graphql`;
    this.#admin = `http://127.0.0.1:${adminPort}`;
    const { jira, login, graph, zoom } = sandbox.addresses;
    const all = {
      "server.listen": `127.0.0.1:${port}`,
      "server.public_url": this.url,
      "server.admin_listen": `127.0.0.1:${adminPort}`,
      "documents.mode": "any",
      "database.url": `sqlite://${path.join(this.#folder, "trefoil.db")}?mode=rwc`,
      "secret.keys": `peers:${Buffer.alloc(32, 7).toString("base64")}`,
      "jira.connect.app_key": "io.trefoil.peers",
      "jira.connect.install_keys_url": `${jira[0]}/install-keys`,
      "jira.connect.authorization_server_url": jira[0],
      "jira.connect.allowed_hosts": "127.0.0.1",
      "microsoft.client_id": "7d0c6e0e-6b5f-4e8e-9f0a-3f7d3a2b9c11",
      "microsoft.client_secret": "sandbox-entra-client-secret",
      "microsoft.authority_url": login,
      "microsoft.graph_url": `${graph}/v1.0`,
      "zoom.client_id": "sandbox",
      "zoom.client_secret": "sandbox",
      "zoom.oauth_url": `${zoom}/oauth`,
      "zoom.api_url": `${zoom}/v2`,
      ...settings,
    };
    const variable = (name) => `TREFOIL__${name.replaceAll(".", "__").toUpperCase()}`;
    this.#environment = Object.fromEntries(Object.entries(all).map(([name, value]) => [variable(name), String(value)]));
  }

  /** Starts it where it was, and waits until it is ready. */
  async start() {
    const log = path.join(this.#folder, "log");
    const words = openSync(log, "a");
    const child = spawn(gatewayProgram(), ["serve"], {
      env: { ...process.env, ...this.#environment },
      stdio: ["ignore", words, words],
    });
    closeSync(words);
    this.#child = child;
    await until("the gateway is not ready", async () => {
      if (child.exitCode !== null) throw new Error(`the gateway ended:\n${readFileSync(log, "utf8").slice(-4000)}`);
      return (await fetch(`${this.#admin}/readyz`).catch(() => undefined))?.ok;
    });
  }

  /** Ends it: gently with SIGTERM, at once with SIGKILL. */
  async stop(signal = "SIGTERM") {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  /** Ends it, and forgets all that it had. */
  async remove() {
    await this.stop("SIGKILL");
    rmSync(this.#folder, { recursive: true });
  }

  /** The sum of a metric over its labels. */
  async metric(name) {
    const text = await (await fetch(`${this.#admin}/metrics`)).text();
    const values = text.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  /** Waits until so many subscriptions are open. */
  has(count) {
    const open = async () => (await this.metric("trefoil_live_subscriptions")) === count;
    return until(`there are not ${count} subscriptions`, open);
  }

  /** Waits until so many sockets are open. */
  hasSockets(count) {
    const open = async () => (await this.metric("trefoil_live_sockets")) === count;
    return until(`there are not ${count} sockets`, open);
  }
}

/** Waits until something has become so; `otherwise` says what is wrong, or is asked for it at the end. */
export async function until(otherwise, so) {
  const late = Date.now() + patience;
  while (!(await so())) {
    if (Date.now() > late) throw new Error(typeof otherwise === "string" ? otherwise : otherwise());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
