// What a person does in the panels that list things (series, predictions, comparison), in a real browser without VS Code: keyboard,
// filters, what reaches the host, what is restored after a reload, and how long tens of thousands of rows take.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { calls, startPanels } from './panels/browser';

/** How long anything may take, ms; much, for busy machines. */
const PATIENCE = 60_000;
const { server, browser } = await startPanels();

async function open(id: string, query: Record<string, string> = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(PATIENCE);
  await page.goto(server.url(id, 'dark', query));
  await page.locator('main .view').waitFor();
  return page;
}

/**
 * Waits until an expression of the page is true. Asked from here again and again: the page's security policy forbids it to evaluate
 * text by itself.
 */
async function until(page: Page, expression: string): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!(await page.evaluate(expression))) {
    if (Date.now() > end) throw new Error(`Not true after ${PATIENCE} ms: ${expression}`);
    await page.waitForTimeout(50);
  }
}

async function called(page: Page, method: string, times = 1): Promise<Record<string, unknown>> {
  await until(page, `v2sHarness.calls.filter((c) => c.method === '${method}').length >= ${times}`);
  return (await calls(page, method))[times - 1];
}

async function assertClean(page: Page): Promise<void> {
  assert.deepEqual(await page.evaluate('[v2sHarness.violations, v2sHarness.defects]'), [[], []]);
  assert.deepEqual(await calls(page, 'report'), []);
}

/** What the page keeps for a reload, once it holds the value. */
async function kept(page: Page, id: string, name: string, value: unknown): Promise<void> {
  await until(
    page,
    `JSON.stringify(JSON.parse(sessionStorage.getItem('v2s-harness-${id}') ?? '{}').view?.${name}) === ${JSON.stringify(JSON.stringify(value))}`,
  );
}

test('series: arrows, Home and End move, Enter opens the saliency, the chart is read by keyboard', async () => {
  const page = await open('series');
  const list = page.getByRole('listbox');
  await list.focus();
  const columns = Math.floor((await list.evaluate((node: { clientWidth: number }) => node.clientWidth)) / 196);
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  const number = 3 + columns;
  await page.locator('.detail-text', { hasText: `Series ${number} ·` }).waitFor();
  const active = await list.getAttribute('aria-activedescendant');
  assert.match(
    String(await page.locator(`#${active}`).getAttribute('aria-label')),
    new RegExp(`^series ${number}, class`),
  );
  await page.keyboard.press('Enter');
  assert.deepEqual(await called(page, 'open'), { index: number - 1, what: 'saliency' });
  await page.keyboard.press('End');
  await page.locator('.detail-text', { hasText: 'Series 300 ·' }).waitFor();
  await page.keyboard.press('Home');
  await page.locator('.detail-text', { hasText: 'Series 1 ·' }).waitFor();
  await page.getByRole('slider').focus();
  for (const key of ['ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
  await page.locator('.readout', { hasText: /^step 1: / }).waitFor();
  await page.getByRole('button', { name: 'Show the line' }).click();
  assert.deepEqual(await called(page, 'open', 2), { index: 0, what: 'text' });
  await page.getByRole('button', { name: 'Reprogram an acoustic model' }).click();
  assert.deepEqual(await called(page, 'start'), { what: 'reprogram' });
  await assertClean(page);
  await page.close();
});

test('series: search and classes filter, and all of it is there again after a reload', async () => {
  const page = await open('series');
  await page.getByRole('button', { name: /^normal/ }).click();
  await page.getByText('250 of 300 shown').waitFor();
  await page.getByRole('textbox').fill('#1-60');
  await page.getByText('50 of 300 shown', { exact: true }).waitFor();
  await page.getByRole('listbox').focus();
  await page.keyboard.press('End');
  await page.locator('.detail-text', { hasText: 'Series 60 ·' }).waitFor();
  await kept(page, 'series', 'cursor', 59);
  await page.reload();
  await page.getByText('50 of 300 shown', { exact: true }).waitFor();
  await page.locator('.detail-text', { hasText: 'Series 60 ·' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^normal/ }).getAttribute('aria-pressed'), 'false');
  await page.getByRole('textbox').fill('no such class');
  await page.getByRole('button', { name: 'Clear Search' }).click();
  assert.equal(await page.locator('.virtual-item').first().getAttribute('aria-posinset'), '1');
  await until(page, `document.querySelector('.virtual-item').getAttribute('aria-setsize') === '300'`);
  await assertClean(page);
  await page.close();
});

test('series: of fifty thousand only what is seen is asked for and drawn', async (t) => {
  const page = await open('series', { count: '50000' });
  await page.locator('.tile:not(.pending)').first().waitFor();
  const frames = (await page.evaluate(`new Promise((done) => {
    const list = document.querySelector('[role=listbox]');
    const times = [];
    let last = performance.now();
    let step = 0;
    const tick = (now) => {
      times.push(now - last);
      last = now;
      if (step++ === 60) return done(times.slice(1));
      list.scrollTop += 40000;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  })`)) as number[];
  await until(page, `document.querySelectorAll('.tile').length > 0 && !document.querySelector('.tile.pending')`);
  const asked = (await calls(page, 'page')).map(({ indices }) => (indices as number[]).length);
  const total = asked.reduce((sum, count) => sum + count, 0);
  assert.ok(Math.max(...asked) <= 500);
  assert.ok(total < 10_000, `${total} of 50,000 series were asked for`);
  assert.ok((await page.locator('.virtual-item').count()) < 200);
  frames.sort((a, b) => a - b);
  t.diagnostic(`scrolling 50,000 series: median ${frames[30].toFixed(1)} ms a frame, ${total} pictures asked for`);
  await assertClean(page);
  await page.close();
});

test('predictions: errors, classes and cells of the matrix filter; sorting; Enter opens the saliency; restored', async () => {
  const page = await open('predictions');
  const shown = page.locator('.toolbar [role=status]');
  const errors = await page.evaluate(
    `Number(document.querySelector('.summary .muted').textContent.match(/of 300/) && 300 - parseInt(document.querySelector('.summary .muted').textContent))`,
  );
  await page.getByRole('checkbox', { name: 'Errors only' }).click();
  await shown.getByText(`${String(errors)} of 300 shown`).waitFor();
  await page.getByRole('columnheader', { name: 'probability' }).getByRole('button').click();
  await page.locator('[aria-sort=ascending]').waitFor();
  const shares = (await page.evaluate(
    `[...document.querySelectorAll('.table-row')].sort((a, b) => parseInt(a.style.top) - parseInt(b.style.top)).map((row) => parseFloat(row.children[5].textContent))`,
  )) as number[];
  assert.deepEqual(
    shares,
    [...shares].sort((a, b) => a - b),
  );
  await page.getByRole('button', { name: 'Clear Filter' }).click();
  await shown.getByText('300 series').waitFor();
  // The matrix by keyboard: down and right from the first cell over those without a count.
  const cells = page.locator('.confusion td button');
  await cells.first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const pressed = page.locator('.confusion button[aria-pressed=true]');
  const count = Number(await pressed.textContent());
  await shown.getByText(`${count} of 300 shown`).waitFor();
  assert.equal(
    await page.getByRole('row').count(),
    count + 1 + 14,
    'rows of the list, its head, and both tables beside it',
  );
  await page.locator('.virtual-list').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  const { index } = await called(page, 'open');
  await page.locator('.detail h2', { hasText: `Series ${Number(index) + 1},` }).waitFor();
  await kept(page, 'predictions', 'cursor', index);
  await page.reload();
  await shown.getByText(`${count} of 300 shown`).waitFor();
  await page.locator('.detail h2', { hasText: `Series ${Number(index) + 1},` }).waitFor();
  assert.equal(await pressed.count(), 1);
  await pressed.click();
  await shown.getByText('300 series').waitFor();
  await page.getByRole('button', { name: 'Export as CSV' }).click();
  await called(page, 'exportCsv');
  await page.getByRole('button', { name: 'Classify with another program' }).click();
  await called(page, 'chooseProgram');
  await assertClean(page);
  await page.close();
});

test('compare: chosen models and epochs go to the host, columns sort, a running comparison is canceled, restored', async () => {
  const page = await open('compare');
  assert.equal(await page.locator('.whisker').count(), 18, 'W1 and bound of three models');
  await page.getByRole('checkbox', { name: /TC-ResNet/ }).click();
  await page.getByLabel('Epochs').locator('input').fill('4');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Compare 3 models again' }).click();
  assert.deepEqual(await called(page, 'start'), {
    models: ['att-rnn-asc40', 'unet-att-rnn-asc40', 'att-rnn-fsdd'],
    epochs: 4,
  });
  const first = (): Promise<string | null> => page.locator('.ranking tbody .model-title').first().textContent();
  const best = await first();
  const risk = page.getByRole('columnheader', { name: 'source risk' }).getByRole('button');
  await risk.focus();
  await page.keyboard.press('Enter');
  assert.notEqual(await first(), best);
  assert.equal(await page.evaluate('document.activeElement.dataset.key'), 'head-sourceRisk', 'the focus stays');
  await page
    .getByRole('button', { name: /Start the full run/ })
    .first()
    .click();
  assert.deepEqual(await called(page, 'reprogramWith'), { model: 'att-rnn-fsdd' });
  await kept(page, 'compare', 'epochs', 4);
  await page.reload();
  await page.getByRole('button', { name: 'Compare 3 models again' }).waitFor();
  assert.match(String(await first()), /Free Spoken Digits/);
  await page.goto(server.url('compare', 'dark', { scene: 'running' }));
  await page.getByText('3 of 4 models compared').waitFor();
  await page.getByText('epoch 4 of 10').waitFor();
  await page.getByRole('button', { name: 'Stop comparing' }).click();
  await called(page, 'stop');
  await page.evaluate(`v2sHarness.emit('state', { status: 'loading', text: 'Reading', done: 0, total: 0 })`);
  await assertClean(page);
  await page.close();
});
