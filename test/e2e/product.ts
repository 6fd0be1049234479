// What the specs of the product share: the packed extension, its panels as a person tells them apart, and pictures of them.
import assert from 'node:assert/strict';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import type { Theme, Workbench } from './workbench';

const { V2S_VSIX, V2S_README_PICTURES } = process.env;
assert.ok(V2S_VSIX, 'Run the specs with test/e2e/run.mjs, which packs the extension and names it in V2S_VSIX.');
export const VSIX = V2S_VSIX;
export const SAMPLES = join(process.cwd(), 'samples');

/** How long something may take that computes, on a machine that does other things as well, ms. */
export const COMPUTING = 180_000;

export type PanelName = 'run' | 'tsne' | 'saliency' | 'predictions' | 'series' | 'compare' | 'setup';

/** The page of a visible panel that has data; waits for them. Its elements are reached with the frame's locators. */
export function panel(workbench: Workbench, name: PanelName, timeout = COMPUTING): Promise<Frame> {
  return workbench.webview(`.panel-${name} main.content:not([hidden])`, timeout);
}

/** Waits for a text in an element of a panel that is visible, whichever page draws it. */
export async function panelShows(
  workbench: Workbench,
  name: PanelName,
  selector: string,
  text: RegExp,
  timeout = COMPUTING,
): Promise<string> {
  const frame = await panel(workbench, name, timeout);
  const element = frame.locator(selector).filter({ hasText: text }).first();
  await element.waitFor({ timeout });
  return (await element.innerText()).trim();
}

/**
 * Takes the window in several themes. With V2S_README_PICTURES=1 the one of `readme` is copied into media/readme under the same name.
 * The last theme stays.
 */
export async function pictures(
  workbench: Workbench,
  name: string,
  {
    themes = ['light', 'high-contrast-light', 'high-contrast', 'dark'],
    readme,
  }: { themes?: readonly Theme[]; readme?: Theme } = {},
): Promise<void> {
  for (const theme of themes) {
    await workbench.setTheme(theme);
    // Two frames: charts are drawn again in the frame after the one in which the theme came.
    await workbench.page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    const file = await workbench.screenshot(`${name}-${theme}`);
    if (theme !== readme || V2S_README_PICTURES !== '1') continue;
    const folder = join(process.cwd(), 'media/readme');
    await mkdir(folder, { recursive: true });
    await copyFile(file, join(folder, `${name}.png`));
  }
}

/** Fails if a page of ours broke its content security policy or reported an error to the console. */
export function assertQuiet(workbench: Workbench): void {
  assert.deepEqual(workbench.cspViolations(), []);
  const ours = workbench.console.filter((line) => /v2s/i.test(line) && /^(error|exception):/.test(line));
  assert.deepEqual(ours, []);
}

/** Number of marks in the text that are painted with a background: the values with a tint. */
const TINTS = `[...document.querySelectorAll('.monaco-editor .view-overlays .cdr[class*="ced-"]')]
  .filter((mark) => !/rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(mark).backgroundColor)).length`;

export async function tints({ page }: Workbench): Promise<number> {
  return Number(await page.evaluate(TINTS));
}

/** Waits for something that no locator can wait for. */
export async function until(what: string, done: () => Promise<boolean>, timeout = COMPUTING): Promise<void> {
  for (const deadline = Date.now() + timeout; Date.now() < deadline;) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${what}: not within ${timeout / 1000} s`);
}

/** Starts a run by the palette with all that is proposed. */
export async function reprogram(workbench: Workbench, file: string): Promise<void> {
  await workbench.runCommand('V2S: Quick Start');
  await workbench.quickChoose(file);
  await workbench.quickInput.locator('.quick-input-title', { hasText: 'Reprogram ' }).waitFor();
  await workbench.quickChoose('Start');
}

/** Starts the run of the set-up page as it is, as soon as it has read the data. */
export async function startFromPage(workbench: Workbench): Promise<void> {
  const setup = await panel(workbench, 'setup');
  await setup
    .locator('.setup-head p')
    .filter({ hasText: /series · / })
    .waitFor({ timeout: COMPUTING });
  await setup.getByRole('button', { name: 'Start' }).click();
}

/** Twelve series of eight values in two classes that are easy to tell apart. */
export function seriesTable(labels: readonly [string, string]): string[][] {
  return Array.from({ length: 12 }, (_, row) => {
    const wave = Array.from({ length: 8 }, (_, i) => (Math.sin((i + row) * (1 + (row % 2))) + 1).toFixed(4));
    return [labels[row % 2], ...wave];
  });
}
export const seriesCsv = (rows: readonly string[][]): string =>
  rows
    .map((row) => `${row.map((cell) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`)
    .join('');
