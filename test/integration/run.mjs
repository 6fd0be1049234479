// Runs the integration suite inside the extension host of a real VS Code: the desktop one where it can be downloaded, else
// code-server. Both run the same bundled suite the same way.
//   node test/integration/run.mjs [--in desktop|code-server] [--grep TEXT] [--no-build]
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildProduct } from '../../scripts/vscode/build.mjs';
import { findElectronWay } from '../../scripts/vscode/electron.mjs';
import { temporaryProfile, writeSettings } from '../../scripts/vscode/serve.mjs';
import { runInCodeServer } from './run-in-code-server.mjs';
import { runOnDesktop } from './run-on-desktop.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const outdir = join(root, 'dist-test/integration');

async function bundle() {
  rmSync(outdir, { recursive: true, force: true });
  const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts'));
  await build({
    absWorkingDir: root,
    entryPoints: ['suite.ts', ...tests].map((name) => join(here, name)),
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
}

/** Prints the outcomes; returns whether the suite came to its end, and whether all tests passed and there was one. */
function tell(reportFile) {
  let lines = [];
  try {
    const text = readFileSync(reportFile, 'utf8').trim();
    lines = text.split('\n').map((line) => JSON.parse(line));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  for (const line of lines) {
    if (line.type === 'pass') console.log(`  ok    ${line.title} (${line.milliseconds} ms)`);
    else if (line.type === 'pending') console.log(`  skip  ${line.title}`);
    else if (line.type === 'fail') console.log(`  FAIL  ${line.title}\n${line.error.replace(/^/gm, '        ')}`);
  }
  const count = (type) => lines.filter((line) => line.type === type).length;
  const end = lines.find((line) => line.type === 'end');
  if (end) console.log(`${count('pass')} passed, ${count('fail')} failed, ${count('pending')} skipped`);
  return { complete: Boolean(end), good: end?.failures === 0 && count('pass') > 0 };
}

async function main() {
  const { values } = parseArgs({
    options: { in: { type: 'string' }, grep: { type: 'string' }, 'no-build': { type: 'boolean' } },
  });
  const electron = values.in
    ? { possible: values.in === 'desktop', reason: 'chosen by --in', virtualDisplay: false }
    : await findElectronWay(root);
  if (electron.virtualDisplay) {
    const again = ['-a', process.execPath, fileURLToPath(import.meta.url), '--in', 'desktop', ...process.argv.slice(2)];
    const { status } = spawnSync('xvfb-run', again, { stdio: 'inherit' });
    return status === 0;
  }
  if (!electron.possible && process.platform === 'win32') {
    console.log(`  skip  the integration suite: ${electron.reason}, and code-server does not run on Windows`);
    return true;
  }
  console.log(`Integration suite in ${electron.possible ? 'the desktop VS Code' : 'code-server'}: ${electron.reason}.`);
  if (!values['no-build']) await buildProduct(root);
  await bundle();
  const profile = await temporaryProfile();
  try {
    const workspace = join(profile.root, 'workspace');
    cpSync(join(here, 'workspace'), workspace, { recursive: true });
    await writeSettings(profile.userDataDir);
    const report = join(profile.root, 'report.jsonl');
    const suite = {
      profile,
      workspace,
      extension: root,
      tests: join(outdir, 'suite.js'),
      env: { V2S_TEST_REPORT: report, V2S_TEST_GREP: values.grep ?? '' },
    };
    const problem = await (electron.possible ? runOnDesktop(suite) : runInCodeServer(suite));
    const { complete, good } = tell(report);
    if (!complete) console.log(`The suite did not come to its end. ${problem ?? ''}`);
    return complete && good && !problem;
  } finally {
    await profile.remove();
  }
}

main().then(
  (good) => (process.exitCode = good ? 0 : 1),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
