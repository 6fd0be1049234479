// The packed extension: small, and nothing in it but what runs.
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { test } from 'node:test';
import { LARGEST_VSIX, vsixContents } from '../../scripts/vscode/vsix.mjs';
import { VSIX } from './product';

/** Every file matches exactly one of these, and every one of these matches a file. */
const ALLOWED = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package\.json|package\.nls\.json)$/,
  /^extension\/l10n\/bundle\.l10n\.json$/,
  /^extension\/(readme\.md|changelog\.md|LICENSE\.txt)$/,
  /^extension\/dist\/THIRD-PARTY-NOTICES\.txt$/,
  /^extension\/dist\/(extension|host|worker|shard-thread|hdf5-thread)\.js$/,
  /^extension\/dist\/libraries\/(h5wasm|tfjs-(core|layers|gradients|backend-(cpu|wasm)))\.js$/,
  /^extension\/dist\/kernels\.(simd|relaxed)\.wasm$/,
  /^extension\/dist\/tfjs-backend-wasm(-simd)?\.wasm$/,
  /^extension\/dist\/webview\/(run|tsne|saliency|series|predictions|compare|setup)\.js$/,
  /^extension\/dist\/webview\/shared\/\w+\.js$/,
  /^extension\/media\/([\w-]+\/)?[\w-]+\.(svg|png)$/,
  /^extension\/models\/README\.md$/,
  /^extension\/models\/[\w-]+\/(README\.md|(card|topology)\.json|(weights|source-logits)\.safetensors)$/,
  /^extension\/samples\/(README\.md|\.gitattributes)$/,
  /^extension\/samples\/(\w+)\/\1_(TRAIN|TEST)\.(csv|tsv)$/,
];
/**
 * Modules that a bundle may ask for besides Node's own: the editor's, one that is used where a person installed it, and one that a
 * library of tfjs tries and does without.
 */
const ASKED_FOR = ['vscode', '@tensorflow/tfjs-node', 'encoding'];

/** How compiled programs begin: ELF, Mach-O of both byte orders and of several processors. */
const NATIVE = ['7f454c46', 'feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe'];

test('package: below 7.7 MB, files of the allow-list only, no native code, no maps, no modules left to install', async (t) => {
  const { size } = await stat(VSIX);
  t.diagnostic(`${(size / 1e6).toFixed(2)} MB`);
  assert.ok(size < LARGEST_VSIX);

  const files = await vsixContents(VSIX);
  const names = [...files.keys()];
  t.diagnostic(names.join('\n'));
  assert.deepEqual(
    names.filter((name) => !ALLOWED.some((pattern) => pattern.test(name))),
    [],
  );
  assert.deepEqual(
    ALLOWED.filter((pattern) => !names.some((name) => pattern.test(name))),
    [],
  );

  for (const [name, content] of files) {
    assert.ok(!/\.map$|\.node$|node_modules/.test(name), name);
    const begin = content.subarray(0, 4).toString('hex');
    assert.ok(!NATIVE.includes(begin) && !begin.startsWith('4d5a'), `${name} is a compiled program`);
  }
  for (const program of names.filter((name) => /^extension\/dist\/(\w|-|libraries\/)+\.js$/.test(name))) {
    const code = files.get(program)!.toString();
    const asked = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name);
    const isThere = (name: string): boolean =>
      name.startsWith('./') ? files.has(posix.join(posix.dirname(program), name)) : ASKED_FOR.includes(name);
    assert.deepEqual(
      [...new Set(asked)].filter((name) => !isBuiltin(name) && !isThere(name)),
      [],
      program,
    );
  }
  const { main, icon } = JSON.parse(files.get('extension/package.json')!.toString()) as { main: string; icon: string };
  for (const named of [main, icon]) assert.ok(files.has(`extension/${named.replace('./', '')}`), named);
});
