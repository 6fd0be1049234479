// What the specs of the panels share: the served panels, a browser for them, and what the made-up host was asked.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { chromium, type Browser, type Page } from 'playwright-core';
import { BROWSER_ARGUMENTS, findBrowser } from '../../../scripts/vscode/browser.mjs';
import { servePanels, type PanelServer } from './serve';

/** Serves the panels and starts a browser; both end with the spec. */
export async function startPanels(): Promise<{ server: PanelServer; browser: Browser }> {
  const scratch = await mkdtemp(join(tmpdir(), 'v2s-panels-'));
  const server = await servePanels(process.cwd(), scratch);
  const browser = await chromium.launch({ executablePath: await findBrowser(), args: [...BROWSER_ARGUMENTS] });
  after(async () => {
    await browser.close();
    await server.close();
    await rm(scratch, { recursive: true, force: true });
  });
  return { server, browser };
}

/** The parameters of every request of this method that the page has made. */
export async function calls(page: Page, method: string): Promise<Record<string, unknown>[]> {
  const all = (await page.evaluate('v2sHarness.calls')) as { method: string; params: Record<string, unknown> }[];
  return all.filter((call) => call.method === method).map(({ params }) => params);
}

/** Waits until a request has come to the host so many times. */
export async function called(page: Page, method: string, times: number): Promise<Record<string, unknown>> {
  // Not waitForFunction: it evaluates text in the page, which the security policy forbids.
  for (const end = Date.now() + 20_000; Date.now() < end; await page.waitForTimeout(30)) {
    const made = await calls(page, method);
    if (made.length >= times) return made[times - 1];
  }
  throw new Error(`The request ${method} did not come ${times} times.`);
}
