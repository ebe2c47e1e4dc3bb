// Builds every add-in into dist/<name>/ and writes the manifest of trusted documents beside them.
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'vite';
import { smallDocuments } from './documents.mjs';
import { DIST, HOSTS } from './hosts.mjs';
import { runtimeAlias } from './runtime.mjs';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.resolve(root, DIST);
await rm(dist, { recursive: true, force: true });

for (const host of HOSTS) {
  const first = firstLoad();
  await build({
    configFile: false,
    root: path.join(root, 'hosts', host.folder),
    base: `/addins/${host.name}/`,
    publicDir: false,
    logLevel: 'warn',
    resolve: { alias: runtimeAlias() },
    oxc: { jsx: { runtime: 'automatic' } },
    plugins: [smallDocuments(), plainImports(), quietTeams(), first, headScript(host.headScript)],
    build: {
      outDir: path.join(dist, host.name),
      emptyOutDir: true,
      manifest: true,
      target: 'es2022',
      // An inlined asset would be a data: script or style, which the content policy forbids.
      assetsInlineLimit: 0,
      modulePreload: false,
      rolldownOptions: { output: { codeSplitting: { groups: [first.group] } } },
      // One file of styles: a part that comes later brings none of its own, see plainImports.
      cssCodeSplit: false,
    },
  });
}
await cp(path.join(root, 'shared/gql/persisted-documents.json'), path.join(dist, 'persisted-documents.json'));

/** Puts the vendor's script before ours, untouched: its address is the gateway's to fill in. */
function headScript(tag) {
  return {
    name: 'head-script',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => html.replace('<!-- vendor script -->', tag ?? ''),
    },
  };
}

/** Keeps all that the first page needs in one file: several would be larger, and come one after another. */
function firstLoad() {
  const needed = new Set();
  return {
    name: 'first-load',
    buildEnd() {
      const visit = (id) => {
        if (!needed.has(id)) {
          needed.add(id);
          this.getModuleInfo(id)?.importedIds.forEach(visit);
        }
      };
      for (const id of this.getModuleIds()) {
        if (this.getModuleInfo(id)?.isEntry) visit(id);
      }
    },
    group: { name: (id) => (needed.has(id) ? 'first' : null) },
  };
}

/** Loads a chunk as the browser does. Vite's own way also loads its styles, which are all in the first load here. */
function plainImports() {
  return {
    name: 'plain-imports',
    enforce: 'pre',
    load: (id) =>
      id.endsWith('vite/preload-helper.js') ? 'export const __vitePreload = (load) => load();' : null,
  };
}

/** Leaves out the logging of teams-js, which nobody reads and which is a twentieth of the tab. */
function quietTeams() {
  const silent =
    'const log = Object.assign(() => {}, { extend: () => log }); export const b = { debug: Object.assign(() => log, { formatArgs() {} }) };';
  return {
    name: 'quiet-teams',
    enforce: 'pre',
    load: (id) => (/teams-js\/.*\/debug\/src\/browser\.js$/.test(id) ? silent : null),
  };
}
