import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
const names = process.argv.slice(2);
await build({ entryPoints: names.map((n) => `test/e2e/${n}.ts`), outdir: 'dist-test/e2e-own', outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', target: 'node20', format: 'esm', packages: 'external', sourcemap: true });
const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=spec', '--test-concurrency=1', ...names.map((n) => `dist-test/e2e-own/${n}.mjs`)], { stdio: 'inherit' });
process.exitCode = status;
