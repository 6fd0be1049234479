// Starts what an end-to-end test needs: a server with a fresh profile, the extension from its VSIX, a browser, a window.
import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { chromium } from 'playwright-core';
import { BROWSER_ARGUMENTS, findBrowser } from '../../scripts/vscode/browser.mjs';
import {
  type Server,
  installExtension,
  startCodeServer,
  temporaryProfile,
  writeSettings,
} from '../../scripts/vscode/serve.mjs';
import { ARTIFACTS, Workbench } from './workbench';

export interface SessionOptions {
  /** the packaged extensions to install */
  vsix: string[];
  /** folder that is copied, so that a test may write into it; default: an empty one */
  workspace?: string;
  /** what of the copy is opened: a folder or .code-workspace file in it, null for a window without folder; default: all */
  open?: string | null;
  settings?: Record<string, unknown>;
  /** whether VS Code asks if the folder is trusted */
  workspaceTrust?: boolean;
  /** more environment variables for the extension host */
  env?: Record<string, string>;
  /** CSS pixels */
  size?: { width: number; height: number };
}

export interface Session {
  workbench: Workbench;
  server: Server;
  /** the copied folder */
  folder: string;
  /** profile folder: settings, logs */
  userDataDir: string;
  close(): Promise<void>;
}

/** How long the page of VS Code may take to load, ms. */
const START_LIMIT = 120_000;

/** Opens VS Code with the extension; the caller closes the session. */
async function openSession(options: SessionOptions): Promise<Session> {
  const undo: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const profile = await temporaryProfile();
    undo.push(() => profile.remove());
    const folder = join(profile.root, 'workspace');
    // Without the program that `npm start` leaves in the samples.
    const filter = (source: string): boolean => !source.endsWith(join('samples', '.v2s'));
    if (options.workspace) await cp(options.workspace, folder, { recursive: true, dereference: true, filter });
    else await mkdir(folder);
    const settings = options.settings ?? {};
    await writeSettings(profile.userDataDir, settings);
    for (const vsix of options.vsix) await installExtension(vsix, profile);

    const server = await startCodeServer({
      ...profile,
      folder: options.open === null ? undefined : join(folder, options.open ?? ''),
      workspaceTrust: options.workspaceTrust,
      env: options.env,
    });
    undo.push(() => server.stop());
    const browser = await chromium.launch({ executablePath: await findBrowser(), args: [...BROWSER_ARGUMENTS] });
    undo.push(() => browser.close());
    const page = await browser.newPage({ viewport: options.size ?? { width: 1400, height: 900 } });
    const workbench = new Workbench(page, profile.userDataDir, settings);
    const session = { workbench, server, folder, userDataDir: profile.userDataDir, close };
    try {
      await page.goto(server.url, { timeout: START_LIMIT });
      await workbench.ready();
    } catch (error) {
      await keepEvidence(session, 'opening the window');
      throw error;
    }
    return session;
  } catch (error) {
    await close();
    throw error;
  }
}

/** Rejects when a test is aborted, by its time limit for instance. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

/**
 * A test with a session of its own. When it fails, a screenshot, the console of the window and the log of the server stay
 * in the artifacts folder.
 */
export function editorTest(
  name: string,
  options: SessionOptions & { timeout?: number },
  body: (session: Session, t: TestContext) => Promise<void>,
): void {
  void test(name, { timeout: options.timeout ?? 300_000 }, async (t) => {
    const session = await openSession(options);
    try {
      await Promise.race([body(session, t), aborted(t.signal)]);
    } catch (error) {
      await keepEvidence(session, name);
      throw error;
    } finally {
      await session.close();
    }
  });
}

async function keepEvidence({ workbench, server }: Session, name: string): Promise<void> {
  const failed = `failed-${name.replace(/\W+/g, '-')}`;
  await workbench.screenshot(failed).catch(() => undefined);
  await mkdir(ARTIFACTS, { recursive: true });
  await writeFile(join(ARTIFACTS, `${failed}.console.txt`), workbench.console.join('\n'));
  await copyFile(server.log, join(ARTIFACTS, `${failed}.server.txt`));
}
