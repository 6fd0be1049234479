// Takes pictures of panels for the eye: bundle this file with esbuild (--bundle --platform=node --packages=external --format=esm), then
//   node look.mjs OUTDIR WIDTHxHEIGHT PANEL[:SCENE[:KEY=VALUE..]] THEME..
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { BROWSER_ARGUMENTS, findBrowser } from '../../../scripts/vscode/browser.mjs';
import { servePanels } from './serve';
import { PANEL_THEMES, type PanelTheme } from './themes';

const [outdir, size, subject, ...themes] = process.argv.slice(2);
const [panel, scene = 'ready', ...more] = subject.split(':');
const [width, height] = size.split('x').map(Number);
const server = await servePanels(process.cwd(), join(process.cwd(), 'dist-test/panels'));
const browser = await chromium.launch({ executablePath: await findBrowser(), args: [...BROWSER_ARGUMENTS] });
const page = await browser.newPage({ viewport: { width, height } });
page.on('console', (message) => process.stdout.write(`${message.type()}: ${message.text()}\n`));
page.on('pageerror', (error) => process.stdout.write(`exception: ${error.stack}\n`));
for (const theme of themes.length > 0 ? (themes as PanelTheme[]) : PANEL_THEMES) {
  const query = Object.fromEntries(more.map((pair) => pair.split('=') as [string, string]));
  await page.goto(server.url(panel, theme, { scene, ...query }));
  await page.waitForTimeout(900);
  const path = join(outdir, `${panel}-${scene}-${theme}.png`);
  await page.screenshot({ path, fullPage: true });
  const harness = await page.evaluate(
    'JSON.stringify([v2sHarness.defects, v2sHarness.violations, v2sHarness.calls.filter(c => c.method === "report")])',
  );
  process.stdout.write(`${path} ${String(harness)}\n`);
}
await browser.close();
await server.close();
