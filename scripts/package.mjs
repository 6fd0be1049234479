// Makes the VSIX: builds, packs what .vscodeignore allows, and refuses a package that is too large.
//   node scripts/package.mjs [--no-build] [--out FILE]
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildProduct, packageProduct } from './vscode/build.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function main() {
  const { values } = parseArgs({ options: { 'no-build': { type: 'boolean' }, out: { type: 'string' } } });
  if (!values['no-build']) await buildProduct(root);
  const { file, bytes, entries } = await packageProduct(root, values.out && resolve(values.out));
  console.log(`${file}: ${entries.length} files, ${(bytes / 1e6).toFixed(2)} MB`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
