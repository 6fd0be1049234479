// Writes the settings of VS Code (package.json) and their texts (package.nls.json) from the declared options of a run.
//   npm run settings
import { build } from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './set-up.mjs';

/** The declarations of src/common/run-options.ts as they are in the sources now. */
export async function declaredOptions() {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/common/run-options.ts')],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  return await import(`data:text/javascript;base64,${code}`);
}

function settingOf(name, option, { scope, order }) {
  const { type, min, max, aboveMin, choices, except } = option;
  const range = { [aboveMin ? 'exclusiveMinimum' : 'minimum']: min, maximum: max };
  const values = {
    flag: { type: 'boolean' },
    choice: { type: 'string', enum: Object.keys(choices ?? {}) },
    'integer-or-auto': {
      anyOf: [
        { type: 'integer', ...range },
        { type: 'string', enum: ['auto'] },
      ],
    },
  }[type] ?? { type, ...range, ...(except && { not: { const: except.value } }) };
  return { ...values, default: option.default, scope, description: `%setting.${name}%`, order };
}

async function writeSettings() {
  const { RUN_OPTIONS, optionDescription } = await declaredOptions();
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const texts = JSON.parse(readFileSync(join(root, 'package.nls.json'), 'utf8'));
  const { properties } = manifest.contributes.configuration.find(({ id }) => id === 'training');
  Object.entries(RUN_OPTIONS).forEach(([name, option], i) => {
    const key = `v2s.${name}`;
    properties[key] = settingOf(name, option, { scope: 'resource', order: properties[key]?.order ?? 100 + i });
    texts[`setting.${name}`] = optionDescription(option);
  });
  for (const [file, content] of [
    ['package.json', manifest],
    ['package.nls.json', texts],
  ])
    writeFileSync(join(root, file), `${JSON.stringify(content, null, 2)}\n`);
}

if (process.argv[1]?.endsWith('settings.mjs')) await writeSettings();
