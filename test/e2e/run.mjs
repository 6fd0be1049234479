// Runs the end-to-end suite: bundles the specs and gives them to Node's test runner, one window at a time.
//   node test/e2e/run.mjs [--no-build] [NAME...]     only specs whose file name contains a NAME
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildProduct, packageProduct } from '../../scripts/vscode/build.mjs';
import { ensureCodeServer } from '../../scripts/vscode/install.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const outdir = join(root, 'dist-test/e2e');

/** The specs as modules for Node; returns their files. */
async function bundle(wanted) {
  const specs = readdirSync(here)
    .filter((name) => name.endsWith('.spec.ts'))
    .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  if (specs.length === 0) throw new Error(`No spec in test/e2e is named like ${wanted.join(' or ')}.`);
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: specs.map((name) => join(here, name)),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
  });
  return specs.map((name) => join(outdir, name.replace(/\.ts$/, '.mjs')));
}

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'no-build': { type: 'boolean' } } });
  const files = await bundle(positionals);
  if (process.platform === 'win32') {
    console.log(`The end-to-end suite needs code-server, which does not run on Windows.\n# skipped ${files.length}`);
    return 0;
  }
  if (!values['no-build']) await buildProduct(root);
  const { file: vsix } = await packageProduct(root, join(root, 'dist-test/v2s.vsix'));
  // Here and not in the first test, whose time limit is not made for it.
  await ensureCodeServer();
  rmSync(join(here, 'artifacts'), { recursive: true, force: true });
  const { status } = spawnSync(
    process.execPath,
    ['--enable-source-maps', '--test', '--test-reporter=spec', '--test-concurrency=1', ...files],
    { cwd: root, stdio: 'inherit', env: { ...process.env, V2S_VSIX: vsix } },
  );
  return status ?? 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
