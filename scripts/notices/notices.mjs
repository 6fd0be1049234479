// THIRD-PARTY-NOTICES.txt: name, version and license of every package that the bundler put into a bundle, and of the code inside of
// binaries, which it cannot see (by-hand.mjs).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INSIDE_BINARIES, MISSING_LICENSES } from './by-hand.mjs';

const RULE = '='.repeat(80);
/** Files of a package that belong into the notices. */
const LICENSE_FILE = /^(licen[cs]e|copying|copyright|notice)/i;

/**
 * Folders of the packages that something of is in a bundle.
 * @param outputs as in esbuild's metafile: by bundle, its inputs with the bytes that they take in it
 */
function bundledFolders(outputs) {
  const folders = new Set();
  for (const { inputs } of Object.values(outputs))
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
      if (folder && bytesInOutput > 0) folders.add(folder);
    }
  return [...folders];
}

function licenseText(folder, name) {
  const texts = readdirSync(folder)
    .filter((file) => LICENSE_FILE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim());
  if (texts.length > 0) return texts.join('\n\n');
  if (Object.hasOwn(MISSING_LICENSES, name)) return MISSING_LICENSES[name];
  throw new Error(
    `The package ${name} has no license file. Add the text that its repository has to scripts/notices/by-hand.mjs.`,
  );
}

/**
 * The text of the notices.
 * @param root project folder
 * @param outputs of esbuild's metafile, with paths relative to `root`
 * @throws Error for a package without a license text
 */
export function thirdPartyNotices(root, outputs) {
  const packages = bundledFolders(outputs).map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    return { title: `${name} ${version} (${license})`, text: licenseText(join(root, folder), name) };
  });
  const inside = INSIDE_BINARIES.map(({ name, inside, text }) => ({ title: `${name}, in ${inside.join(', ')}`, text }));
  const sections = [...packages.sort((a, b) => (a.title < b.title ? -1 : 1)), ...inside];
  const apache = readFileSync(join(root, 'LICENSE'), 'utf8').trim();
  return [
    'Third-party software in V2S',
    '',
    'V2S, the extension and its command, contains parts of the packages below. Each has its own license.',
    '',
    ...sections.flatMap(({ title, text }) => [RULE, title, RULE, '', text, '']),
    RULE,
    'Apache License 2.0, for the packages above that name it',
    RULE,
    '',
    apache,
    '',
  ].join('\n');
}
