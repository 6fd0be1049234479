// The licenses of everything that is shipped and not ours.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const DIST = join(process.cwd(), 'dist');

interface Bundle {
  inputs: Record<string, { bytesInOutput: number }>;
}

const bundles = (JSON.parse(readFileSync(join(DIST, 'metafile.json'), 'utf8')) as { outputs: Record<string, Bundle> })
  .outputs;
const notices = readFileSync(join(DIST, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
/** Title of a section to its text. */
const sections = new Map(
  notices
    .split(/^={80}\n(.+)\n={80}\n/m)
    .slice(1)
    .flatMap((part, i, parts) => (i % 2 === 0 ? [[part, parts[i + 1].trim()] as const] : [])),
);

/** Everything in node_modules that a byte of is in a bundle: folder of the package to the bundles. */
function packagesInBundles(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [bundle, { inputs }] of Object.entries(bundles))
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const at = input.lastIndexOf('node_modules/');
      if (at < 0 || bytesInOutput === 0) continue;
      const parts = input.slice(at).split('/');
      const folder = input.slice(0, at) + parts.slice(0, parts[1].startsWith('@') ? 3 : 2).join('/');
      found.set(folder, [...(found.get(folder) ?? []), bundle]);
    }
  return found;
}

test('notices: every package in a bundle, by name and version, with the text of its license', () => {
  const packages = packagesInBundles();
  assert.ok(packages.size > 20, `${packages.size} packages`);
  for (const [folder, where] of packages) {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>;
    const title = [...sections.keys()].find((one) => one.startsWith(`${name} ${version} (`));
    assert.ok(title, `${name} ${version}, in ${where.join(', ')}, has no section`);
    const text = sections.get(title)!;
    assert.ok(/copyright|NIST-developed/i.test(text), `${title}: no copyright`);
    assert.ok(text.length > 100, `${title}: ${text}`);
    for (const file of readdirSync(folder).filter((one) => /^licen[cs]e/i.test(one))) {
      const license = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim();
      assert.ok(text.includes(license), `${title}: not the text of ${file}`);
    }
  }
});

test('notices: every bundle that exists was looked at, and every binary is named in a section', () => {
  const files = readdirSync(DIST, { recursive: true }).map((file) => String(file).replaceAll('\\', '/'));
  // In dist itself scripts leave bundles of the engine, too.
  const programs = files.filter((file) => /^(webview|libraries)\/[\w-]+\.js$/.test(file));
  programs.push(
    'extension.js',
    'host.js',
    'worker.js',
    'shard-thread.js',
    'hdf5-thread.js',
    'v2s.js',
    'command-line.js',
  );
  assert.ok(programs.length > 16, programs.join());
  for (const file of programs) assert.ok(bundles[`dist/${file}`], `${file} is in no metafile`);
  const binaries = [...files.filter((file) => file.endsWith('.wasm')), 'libraries/h5wasm.js'];
  assert.ok(binaries.length > 4, binaries.join());
  for (const binary of binaries) {
    const inside = [...sections.keys()].filter((title) => title.split(', in ')[1]?.split(', ').includes(binary));
    assert.ok(inside.length > 1, `${binary}: ${inside.join()}`);
  }
  for (const [title] of sections)
    for (const file of title.split(', in ')[1]?.split(', ') ?? [])
      assert.ok(existsSync(join(DIST, file)), `${title}: ${file} is not in dist`);
});
