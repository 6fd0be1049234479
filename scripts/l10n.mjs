// The strings of host and panels, collected for translation into l10n/bundle.l10n.json.
//   node scripts/l10n.mjs [--check]     --check only says whether the file is current
// A translation is l10n/bundle.l10n.LANGUAGE.json with the same keys (and package.nls.LANGUAGE.json); the host hands those of the
// panels to their pages.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { getL10nJson } from '@vscode/l10n-dev';
import { declaredOptions } from './settings.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundle = join(root, 'l10n/bundle.l10n.json');

function sources(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'));
}

/**
 * Every short name is read as what it stands for: in the host `t` is vscode.l10n.t, and in the pages, which have no vscode.l10n, it is
 * looked up in the same bundle.
 */
function inFull(source) {
  return `import * as vscode from 'vscode';\n${source.replace(/^import \* as vscode from 'vscode';$/m, '').replace(/(?<![\w.$])t\(/g, 'vscode.l10n.t(')}`;
}

/** The texts of the run options, which are declared as data, written as calls. */
async function optionTexts() {
  const { RUN_OPTIONS } = await declaredOptions();
  return Object.values(RUN_OPTIONS)
    .flatMap(({ title, meaning, choices = {}, except }) => [
      title,
      meaning,
      ...Object.values(choices),
      ...(except ? [except.why] : []),
    ])
    .map((text) => `t(${JSON.stringify(text)});`)
    .join('\n');
}

async function collected() {
  const contents = [...sources('src/host'), ...sources('webview'), await optionTexts()].map(inFull);
  const strings = await getL10nJson(contents.map((text) => ({ extension: '.ts', contents: text })));
  const sorted = Object.fromEntries(Object.entries(strings).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify(sorted, null, 2)}\n`;
}

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const text = await collected();
const current = existsSync(bundle) && readFileSync(bundle, 'utf8') === text;
if (!values.check) {
  mkdirSync(dirname(bundle), { recursive: true });
  writeFileSync(bundle, text);
  console.log(`${bundle}: ${Object.keys(JSON.parse(text)).length} strings`);
} else if (!current) {
  console.error(`${bundle} is not what the sources say. Run: npm run l10n`);
  process.exitCode = 1;
}
