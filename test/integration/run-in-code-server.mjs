// The code-server way: a window in a headless browser is told, in its address, to run the suite in the remote extension
// host; that is how VS Code's own web tests do it.
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { BROWSER_ARGUMENTS, findBrowser } from '../../scripts/vscode/browser.mjs';
import { startCodeServer } from '../../scripts/vscode/serve.mjs';

/** The whole suite may take this long, ms. */
const LIMIT = 10 * 60_000;

/** Address that opens `workspace` and runs `tests` in the extension host, with `extension` under development. */
function testAddress(server, { workspace, extension, tests }) {
  const onServer = (path) => `vscode-remote://127.0.0.1:${server.port}${encodeURI(path)}`;
  const payload = [
    ['extensionDevelopmentPath', onServer(extension)],
    ['extensionTestsPath', onServer(tests)],
    ['skipWelcome', 'true'],
  ];
  const address = new URL(server.url);
  address.searchParams.set('folder', workspace);
  address.searchParams.set('payload', JSON.stringify(payload));
  return address.href;
}

/**
 * Runs a suite and resolves with what went wrong outside of the tests, or null.
 * @param {{ profile: { extensionsDir: string, userDataDir: string }, workspace: string, extension: string, tests: string,
 *   env: Record<string, string> }} suite
 */
export async function runInCodeServer(suite) {
  const server = await startCodeServer({ ...suite.profile, folder: suite.workspace, env: suite.env });
  const browser = await chromium.launch({ executablePath: await findBrowser(), args: [...BROWSER_ARGUMENTS] });
  const errors = [];
  try {
    const page = await browser.newPage();
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    let finish;
    const ended = new Promise((resolve, reject) => {
      finish = resolve;
      setTimeout(() => reject(new Error(`The suite took longer than ${LIMIT / 60_000} minutes.`)), LIMIT).unref();
      page.on('crash', () => reject(new Error('The page of VS Code crashed.')));
    });
    // VS Code calls this function of the window, if there is one, when the tests are through.
    await page.exposeFunction('codeAutomationExit', finish);
    await page.goto(testAddress(server, suite), { timeout: LIMIT });
    const code = await ended;
    return code === 0
      ? null
      : `The extension host ended with code ${code}: ${errors.at(-1) ?? 'nothing on the console'}`;
  } catch (error) {
    const log = (await readFile(server.log, 'utf8')).trim().split('\n').slice(-15).join('\n');
    return [error.message, 'Errors on the console:', ...errors.slice(-5), 'Log of the server:', log].join('\n');
  } finally {
    await browser.close();
    await server.stop();
  }
}
