// Writes .br and .gz beside every asset, so that the gateway never compresses. index.html is left alone: the
// gateway writes addresses into it.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { DIST, HOSTS } from './hosts.mjs';

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

for (const host of HOSTS) {
  const folder = path.resolve(DIST, host.name, 'assets');
  for (const name of await readdir(folder)) {
    if (!/\.(js|css|svg|json)$/.test(name)) {
      continue;
    }
    const file = path.join(folder, name);
    const bytes = await readFile(file);
    const quality = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11 } };
    await writeFile(`${file}.br`, await brotli(bytes, quality));
    await writeFile(`${file}.gz`, await gzip(bytes, { level: 9 }));
  }
}
