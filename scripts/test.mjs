// npm test: installs, lints, type-checks, builds and runs every test. The last line is "N passed, N failed, N skipped".
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, checkNode, installPackages, root } from './set-up.mjs';
import { unitTestBundles } from './unit-tests.mjs';

checkNode();
installPackages();

const total = { passed: 0, failed: 0, skipped: 0 };

/** One check that passes or fails as a whole. */
function check(name, script, ...args) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status === 0) total.passed++;
  else total.failed++;
}

/** Runs a command whose output holds TAP or mocha totals, shows the output and adds the totals up. */
function suite(name, args, totals, env = {}) {
  console.log(`\n== ${name}`);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.on('close', (status) => {
      const found = totals(output);
      if (status !== 0 && found.failed === 0) found.failed = 1;
      for (const key of Object.keys(total)) total[key] += found[key];
      resolve();
    });
  });
}

const last = (output, pattern) => Number([...output.matchAll(pattern)].at(-1)?.[1] ?? 0);
const tapTotals = (output) => ({
  passed: last(output, /^(?:#|ℹ) pass (\d+)$/gm),
  failed: last(output, /^(?:#|ℹ) fail (\d+)$/gm) + last(output, /^(?:#|ℹ) cancelled (\d+)$/gm),
  skipped: last(output, /^(?:#|ℹ) skipped (\d+)$/gm),
});

check('lint', 'eslint/bin/eslint.js', '.');
check('format', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.');
check('types', 'typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json');
if (existsSync(join(root, 'webview/tsconfig.json')))
  check('types of the webviews', 'typescript/bin/tsc', '--noEmit', '-p', 'webview');
check('unused exports and packages', 'knip/bin/knip.js', '--no-progress');
build('--test');
const passes = (output) => ({
  passed: [...output.matchAll(/^ {2}ok {4}/gm)].length,
  failed: [...output.matchAll(/^ {2}FAIL {2}/gm)].length,
  skipped: [...output.matchAll(/^ {2}skip {2}/gm)].length,
});
await suite('unit tests', ['--test', '--test-reporter=spec', ...unitTestBundles()], tapTotals);

await suite('integration tests in VS Code', [join('test', 'integration', 'run.mjs'), '--no-build'], passes);
await suite('end-to-end tests in a browser', [join('test', 'e2e', 'run.mjs'), '--no-build'], tapTotals);

const closing =
  `${total.passed} passed, ${total.failed} failed` + (total.skipped > 0 ? `, ${total.skipped} skipped` : '');
console.log(`\n${closing}`);
process.exit(total.failed === 0 ? 0 : 1);
