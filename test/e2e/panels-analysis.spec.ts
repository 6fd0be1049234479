// Details of the saliency and t-SNE panels in a real browser, without VS Code: the checks of the maps asked for, canceled, failed,
// drawn, saved, restored; what is said where there is nothing to draw.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { called, calls, startPanels } from './panels/browser';
import { PANEL_THEMES, type PanelTheme } from './panels/themes';

const ARTIFACTS = join(process.cwd(), 'test/e2e/artifacts');
const { server, browser } = await startPanels();
await mkdir(ARTIFACTS, { recursive: true });

async function open(
  theme: PanelTheme,
  query: Record<string, string> = {},
  width = 1280,
  id = 'saliency',
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  page.setDefaultTimeout(20_000);
  await page.goto(server.url(id, theme, query));
  await page.locator('main .view').waitFor();
  return page;
}

async function assertClean(page: Page, what: string): Promise<void> {
  assert.deepEqual(await page.evaluate('[v2sHarness.violations, v2sHarness.defects]'), [[], []], what);
  assert.deepEqual(await calls(page, 'report'), [], what);
}

const check = (page: Page) => page.getByRole('button', { name: 'Check These Maps' });
const verdict = (page: Page) => page.locator('.checks-verdict');

test('checks: one click draws curves, figures and a verdict in every theme, wide and narrow', async () => {
  for (const theme of PANEL_THEMES)
    for (const width of [1280, 480]) {
      const page = await open(theme, {}, width);
      await check(page).click();
      await verdict(page).getByText('Faithful: deleting by gradient × input').waitFor();
      await verdict(page).getByText('rank correlation −0.03): it shows what the model has learned').waitFor();
      await page.getByRole('img', { name: /^Deletion: lower is better: random order area 0\.\d+, gradient/ }).waitFor();
      assert.equal(await page.locator('.check-chart path.line').count(), 4);
      await page.locator('.checks').screenshot({ path: join(ARTIFACTS, `panel-checks-${theme}-${width}.png`) });
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      assert.ok(Number(overflow) <= 0, `${theme} is ${String(overflow)} px wider than its ${width} px`);
      await assertClean(page, `${theme} ${width}`);
      await page.close();
    }
});

test('checks: by keyboard another map is chosen; pictures, table and data are saved', async () => {
  const page = await open('dark');
  await check(page).focus();
  await page.keyboard.press('Enter');
  await verdict(page).getByText('gradient × input').waitFor();
  const conv1 = page.locator('.checks-table').getByRole('button', { name: 'conv1' });
  await conv1.focus();
  await page.keyboard.press('Enter');
  await verdict(page).getByText('conv1 has the same value everywhere here').waitFor();
  // Drawn anew, it keeps the focus.
  assert.equal(await conv1.evaluate('document.activeElement.textContent'), 'conv1');
  await page.evaluate(`v2sHarness.scene('ready')`);
  await page.waitForTimeout(100);
  assert.match((await verdict(page).textContent())!, /^conv1/);
  await page.locator('.checks-table').getByRole('button', { name: 'attention' }).click();
  await verdict(page).getByText('Not faithful').waitFor();
  await verdict(page).getByText('stays alike (rank correlation 0.81)').waitFor();

  const exports = page.locator('.checks .exports');
  for (const format of ['SVG', 'PNG', 'JSON'])
    await exports.getByRole('button', { name: `Export as ${format}` }).click();
  const [svg, , json] = [await called(page, 'save', 1), await called(page, 'save', 2), await called(page, 'save', 3)];
  assert.equal(svg.name, 'SyntheticControl_TRAIN-series-5-checks');
  assert.match(svg.content as string, /random order 0\.\d{3}/);
  const saved = JSON.parse(json.content as string) as { maps: { source: string }[] };
  assert.equal(saved.maps.length, 6);
  await exports.getByRole('button', { name: 'Export as CSV' }).click();
  const table = (await called(page, 'saveTable', 1)) as { header: string[]; rows: number[][] };
  assert.equal(table.header.length, 1 + 2 * 7);
  assert.deepEqual([table.header.at(-1), table.rows.length], ['random insertion', 17]);
  await assertClean(page, 'by keyboard');
  await page.close();
});

test('checks: another series ends them, a reload brings them back, a failure and a cancel can be tried again', async () => {
  const page = await open('light');
  await check(page).click();
  await verdict(page).waitFor();
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.reload();
  // What had been checked is checked again without a click, also where a zoom is restored.
  await verdict(page).getByText('Faithful').waitFor();
  await page.keyboard.press('PageDown');
  await check(page).waitFor();
  assert.equal(await verdict(page).count(), 0);
  await page.reload();
  await check(page).waitFor();
  await assertClean(page, 'restored');
  await page.close();

  const slow = await open('light', { checking: '60000' });
  await check(slow).click();
  await slow.getByRole('progressbar', { name: 'Checking the maps' }).waitFor();
  // The focus went from the button that is gone to the one that stops the work.
  await slow.keyboard.press('Enter');
  await check(slow).waitFor();
  await assertClean(slow, 'canceled');
  await slow.close();

  const failing = await open('light', { failing: '1' });
  await check(failing).click();
  await failing.getByRole('alert').getByText('worker.gone').waitFor();
  await failing.getByRole('button', { name: 'Try Again' }).click();
  await called(failing, 'check', 2);
  await failing.close();
});

test('saliency: the panel begins with gradient x input and says why; an empty Grad-CAM says that it is empty', async () => {
  const page = await open('dark', { scene: 'empty-layer' });
  await page.getByText('Series, and by gradient × input what speaks for upward').waitFor();
  await page.locator('.track-message', { hasText: 'Empty: nowhere positive for this class' }).waitFor();
  await page.getByText('conv1: empty').waitFor();
  // One window of the model is longer than the series: nothing is painted that could be taken for a place.
  assert.equal(await page.locator('.track-message', { hasText: 'too coarse to localize here' }).count(), 2);
  await page.getByLabel('About these maps').click();
  await page.getByText('The panel begins with gradient × input').waitFor();
  await page.getByText('The Grad-CAM of conv1 is empty').waitFor();
  await page.getByText('Too coarse to localize here: attention, conv2').waitFor();
  await page.screenshot({ path: join(ARTIFACTS, 'panel-saliency-empty-layer.png'), fullPage: true });
  await assertClean(page, 'empty layer');
  await page.close();
});

test('saliency: every colored row has a scale, and at 525 px the series is seen without scrolling', async () => {
  for (const theme of PANEL_THEMES)
    for (const width of [1200, 525]) {
      const page = await open(theme, {}, width);
      const uncolored = (await page.evaluate(`
        [...document.querySelectorAll('.track')].filter((track) => {
          const canvas = track.querySelector('canvas');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          const painted = data.some((_, i) => i % 4 === 3 && data[i] > 0 && Math.max(data[i - 3], data[i - 2], data[i - 1]) - Math.min(data[i - 3], data[i - 2], data[i - 1]) > 40);
          return painted && !track.querySelector('.color-scale');
        }).map((track) => track.querySelector('.chart-title').textContent)`)) as string[];
      assert.deepEqual(uncolored, [], `${theme} ${width}`);
      const hero = await page.locator('.track').first().boundingBox();
      assert.ok(hero && hero.y + hero.height <= 900, `${theme} ${width}: ${hero?.y} + ${hero?.height}`);
      assert.equal(
        await page.evaluate('document.documentElement.scrollWidth > innerWidth'),
        false,
        `${theme} ${width}`,
      );
      await page.screenshot({ path: join(ARTIFACTS, `panel-saliency-${theme}-${width}.png`), fullPage: true });
      await assertClean(page, `${theme} ${width}`);
      await page.close();
    }
});

test('saliency: a span is changed by keyboard, the classes follow, and it is taken back', async () => {
  const page = await open('dark');
  await page.getByRole('button', { name: 'What if' }).press('Enter');
  const figure = page.locator('.figure');
  await figure.focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('[');
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press(']');
  await page.locator('.change-tools').getByText('Values 2 to 6').waitFor();
  await page.getByRole('button', { name: 'Flatten' }).press('Enter');
  const { values } = (await called(page, 'whatIf', 1)) as { values: Record<number, number> };
  const changed = Object.values(values);
  assert.equal(new Set(changed.slice(2, 7)).size, 1);
  assert.notEqual(changed[1], changed[2]);
  await page.locator('.class-bar-value', { hasText: /→ 70\.0/ }).waitFor();
  assert.equal(await page.locator('path.changed-series').count(), 1);
  await page.keyboard.press('Control+z');
  await page.locator('path.changed-series').waitFor({ state: 'detached' });
  assert.equal(await page.locator('.class-bar-fill.changed').count(), 0);
  // A class's bar asks for its explanation; Shift and Page Down for the next error.
  await page.getByRole('button', { name: /^downward/ }).press('Enter');
  assert.deepEqual(await called(page, 'choose', 1), { target: 'downward' });
  await page.keyboard.press('Shift+PageDown');
  assert.deepEqual(await called(page, 'moveToError', 1), { by: 1 });
  await page.getByText('series 11 of 300').waitFor();
  await assertClean(page, 'what if');
  await page.close();
});

test('t-SNE: without a fine-tuned model the panel says how to make one, and looks again', async () => {
  const page = await open('dark', { scene: 'no-fine-tuned' }, 1280, 'tsne');
  assert.equal(await page.locator('.scatter:visible').count(), 2);
  await page.getByRole('button', { name: 'Fine-Tune Now' }).click();
  await called(page, 'fineTune', 1);
  await page.screenshot({ path: join(ARTIFACTS, 'panel-tsne-no-fine-tuned.png'), fullPage: true });
  await page.getByRole('button', { name: 'Look again' }).click();
  await page.locator('.scatter:visible').nth(2).waitFor();
  assert.equal(await page.locator('.no-fine-tuned:visible').count(), 0);
  await assertClean(page, 'no fine-tuned model');
  await page.close();
});
