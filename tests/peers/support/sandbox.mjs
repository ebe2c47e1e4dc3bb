// Starts the vendor sandbox as a process of its own and speaks to its control address.

import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";

/** The repository's root. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * A running sandbox: `addresses`, `control(method, path, body)`, `stop()`.
 * The program is `TREFOIL_SANDBOX`, or the debug build, which is made when it is not there.
 */
export async function startSandbox({ keepBodies = false } = {}) {
  const child = spawn(program(), keepBodies ? ["--keep-bodies"] : [], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const addresses = await firstJson(child);
  return {
    addresses,
    control: (method, route, body) => control(addresses.control, method, route, body),
    stop: () => new Promise((resolve) => child.once("exit", resolve) && child.kill("SIGINT")),
  };
}

/** Asks a control address; answers its JSON, its text when it is not JSON, or nothing. */
export async function control(base, method, route, body) {
  const response = await fetch(`${base}${route}`, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`control ${method} ${route}: ${response.status} ${text}`);
  if (text === "") return undefined;
  return response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
}

let built;

function program() {
  if (process.env.TREFOIL_SANDBOX) return process.env.TREFOIL_SANDBOX;
  const target = process.env.CARGO_TARGET_DIR ?? path.join(root, "target");
  built ??= path.join(target, "debug", "trefoil-sandbox");
  if (!existsSync(built)) {
    execFileSync("cargo", ["build", "--quiet", "--package", "sandbox", "--bin", "trefoil-sandbox"], {
      cwd: root,
      stdio: "inherit",
    });
  }
  return built;
}

function firstJson(child) {
  return new Promise((resolve, reject) => {
    let text = "";
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the sandbox ended with ${code}`)));
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (chunk) => {
      text += chunk;
      try {
        resolve(JSON.parse(text));
      } catch {
        // The addresses are not whole yet.
      }
    });
  });
}
