// A Vite plugin that keeps generated documents small, and each with the part that sends it. The generator writes every
// document out as a syntax tree with all its fragments, all into one module; the bundle carries the text that the
// manifest has, which the client's own parser reads, in a module for each. A fragment's document is needed for its type
// alone.
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const LINE = /^export const (\w+) = (\{.*\}) as unknown as DocumentNode<.*>;$/gm;
const IMPORT = /^import \{([^}]*)\} from '([./\w-]*\/gql\/graphql)';$/gm;
const PREFIX = 'trefoil-document:';

export function smallDocuments() {
  const texts = new Map();
  return {
    name: 'small-documents',
    enforce: 'pre',
    async buildStart() {
      const generated = path.resolve(import.meta.dirname, '../shared/gql');
      const manifest = JSON.parse(await readFile(path.join(generated, 'persisted-documents.json'), 'utf8'));
      const code = await readFile(path.join(generated, 'graphql.ts'), 'utf8');
      for (const [, name, json] of code.matchAll(LINE)) {
        const hash = name.endsWith('FragmentDoc') ? null : JSON.parse(json).__meta__.hash;
        if (hash) texts.set(name, { hash, text: manifest[hash] });
      }
      if (texts.size !== Object.keys(manifest).length || [...texts.values()].some((it) => !it.text)) {
        throw new Error('the generated documents do not look as expected');
      }
    },
    resolveId: (id) => (id.startsWith(PREFIX) ? id : null),
    load(id) {
      if (!id.startsWith(PREFIX)) {
        return null;
      }
      const name = id.slice(PREFIX.length);
      if (name === 'read') {
        return [
          "import { parse } from '@0no-co/graphql.web';",
          'export const read = (hash, text) => ({ ...parse(text, { noLocation: true }), __meta__: { hash } });',
        ].join('\n');
      }
      const { hash, text } = texts.get(name);
      return [
        `import { read } from '${PREFIX}read';`,
        `export const ${name} = /* @__PURE__ */ read('${hash}', ${JSON.stringify(text)});`,
      ].join('\n');
    },
    transform(code, id) {
      if (id.endsWith('/shared/gql/graphql.ts')) {
        return {
          code: code.replace(LINE, (_line, name) =>
            name.endsWith('FragmentDoc') ? `export const ${name} = {} as any;` : '',
          ),
          map: null,
        };
      }
      if (!/\.tsx?$/.test(id) || !IMPORT.test(code)) {
        return null;
      }
      IMPORT.lastIndex = 0;
      return { code: code.replace(IMPORT, (_line, names, from) => apart(names, from)), map: null };
    },
  };

  /** The same import with each document from its own module. */
  function apart(names, from) {
    const all = names
      .split(',')
      .map((it) => it.trim())
      .filter(Boolean);
    const rest = all.filter((it) => !texts.has(it));
    return [
      ...all.filter((it) => texts.has(it)).map((it) => `import { ${it} } from '${PREFIX}${it}';`),
      rest.length > 0 ? `import { ${rest.join(', ')} } from '${from}';` : '',
    ].join(' ');
  }
}
