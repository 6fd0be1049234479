// What translators get is what the product says.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const json = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;

test('the bundle of strings is current and holds those of host and panels', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/l10n.mjs', '--check'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const strings = json('l10n/bundle.l10n.json');
  for (const known of ['No program yet', 'Can you trust these maps?', 'Saliency {0}:{1}', 'Export as SVG'])
    assert.equal(strings[known], known);
});

test('package.json names every string of package.nls.json, and no other', () => {
  const named = new Set([...readFileSync('package.json', 'utf8').matchAll(/"%([\w.-]+)%"/g)].map(([, key]) => key));
  assert.deepEqual([...named].sort(), Object.keys(json('package.nls.json')).sort());
  assert.equal(json('package.json').l10n, './l10n');
});

test('no text of VS Code names a command of the terminal', () => {
  const texts = [...Object.values(json('l10n/bundle.l10n.json')), ...Object.values(json('package.nls.json'))];
  const words =
    'reprogram|sweep|classify|explain|study|embed|bound|compare|control|baseline|finetune|models|report|doctor';
  const commands = new RegExp(`\\bv2s (${words})\\b|(^|\\s)--[a-z]|\\bnpm (run|install)\\b`);
  assert.deepEqual(
    texts.filter((text) => commands.test(String(text))),
    [],
  );
  assert.match('Run v2s finetune to make it.', commands);
});
