// Fails the build when an add-in outgrows what a person should have to load: see hosts.mjs for the limits.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { DIST, HOSTS } from './hosts.mjs';

let over = false;
for (const host of HOSTS) {
  const folder = path.resolve(DIST, host.name);
  const manifest = JSON.parse(await readFile(path.join(folder, '.vite/manifest.json'), 'utf8'));
  const size = async (file) => gzipSync(await readFile(path.join(folder, file)), { level: 9 }).length;
  const initial = new Set();
  const visit = (chunk) => {
    if (!initial.has(chunk.file)) {
      initial.add(chunk.file);
      for (const css of chunk.css ?? []) initial.add(css);
      for (const name of chunk.imports ?? []) visit(manifest[name]);
    }
  };
  for (const chunk of Object.values(manifest)) {
    if (chunk.isEntry) visit(chunk);
    // All styles are one file, which no chunk names.
    if (chunk.file.endsWith('.css')) initial.add(chunk.file);
  }
  let total = 0;
  for (const file of initial) total += await size(file);
  report(`${host.name}: first load`, total, host.budget.initial);
  for (const chunk of Object.values(manifest)) {
    if (chunk.isDynamicEntry && !initial.has(chunk.file)) {
      const limit = host.budget.named?.[chunk.name] ?? host.budget.lazy;
      report(`${host.name}: ${chunk.name ?? chunk.file} (lazy)`, await size(chunk.file), limit);
    }
  }
}
if (over) {
  process.exitCode = 1;
}

function report(what, bytes, limit) {
  const verdict = bytes > limit ? 'OVER' : 'ok';
  over ||= bytes > limit;
  console.log(`${what}: ${(bytes / 1000).toFixed(1)} of ${(limit / 1000).toFixed(0)} kB gzip, ${verdict}`);
}
