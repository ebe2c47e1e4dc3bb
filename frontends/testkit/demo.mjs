// The real thing: the gateway beside the vendor sandbox, as `make demo` runs them. One that runs already is used.
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const record = path.join(root, 'target/demo.json');

// Its two gateways hear of what happens over a NATS of their own.
const DEMO =
  'exec cargo run -q -p sandbox --bin demo -- --port 0 --also https://trefoil.example --events "$TREFOIL_TEST_EVENTS"';

/** Milliseconds for a first build and start on a busy machine. */
const PATIENCE = 15 * 60_000;

/** The running demo's record, with `stop()` to end what was started here. */
export async function openDemo() {
  const running = await recordOf();
  if (running && (await answers(running))) {
    return { ...running, stop: async () => {} };
  }
  await rm(record, { force: true });
  await finished(spawn('cargo', ['build', '-q', '--workspace', '--bins'], { cwd: root, stdio: 'inherit' }));
  const demo = spawn('scripts/with-nats', ['bash', '-c', DEMO], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    // A group of its own: neither of them passes signals on.
    detached: true,
  });
  let ended = null;
  demo.on('exit', (code) => {
    ended = code ?? -1;
  });
  for (const begun = Date.now(); Date.now() - begun < PATIENCE; ) {
    const started = await recordOf();
    if (started && (await answers(started))) {
      return { ...started, stop: () => stop(demo) };
    }
    if (ended !== null) {
      throw new Error(`the demo ended with ${ended}: see target/demo-gateway.log`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await stop(demo);
  throw new Error('the demo did not start');
}

/** What the demo tells about itself; its tokens are renewed now and then. */
export async function recordOf() {
  return readFile(record, 'utf8').then(JSON.parse, () => null);
}

async function answers({ admin }) {
  return fetch(`${admin}/readyz`).then(
    (it) => it.ok,
    () => false,
  );
}

function finished(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`cargo ended with ${code}`))));
  });
}

function stop(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null) {
      resolve();
      return;
    }
    child.on('exit', resolve);
    process.kill(-child.pid, 'SIGTERM');
  });
}
