// A Vite plugin that keeps generated documents small. The generator writes each one out as a syntax tree with every
// fragment in it; the bundle carries the text that the manifest has, which the client's own parser reads. A fragment's
// document is needed for its type alone.
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const LINE = /^export const (\w+) = (\{.*\}) as unknown as DocumentNode<.*>;$/gm;

export function smallDocuments() {
  return {
    name: 'small-documents',
    enforce: 'pre',
    async transform(code, id) {
      if (!id.endsWith('/shared/gql/graphql.ts')) {
        return null;
      }
      const manifest = await readFile(path.join(path.dirname(id), 'persisted-documents.json'), 'utf8');
      const texts = JSON.parse(manifest);
      let found = 0;
      const documents = code.replace(LINE, (_line, name, json) => {
        if (name.endsWith('FragmentDoc')) {
          return `export const ${name} = {} as any;`;
        }
        found += 1;
        const { hash } = JSON.parse(json).__meta__;
        return `export const ${name} = /* @__PURE__ */ read('${hash}', ${JSON.stringify(texts[hash])});`;
      });
      if (found !== Object.keys(texts).length) {
        throw new Error('the generated documents do not look as expected');
      }
      const head = [
        "import { parse } from '@0no-co/graphql.web';",
        'const read = (hash: string, text: string): any => ({ ...parse(text, { noLocation: true }), __meta__: { hash } });',
      ];
      return { code: `${head.join('\n')}\n${documents}`, map: null };
    },
  };
}
