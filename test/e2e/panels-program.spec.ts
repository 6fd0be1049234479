// The chip of the program in the header of every panel, in a real browser with a made-up host.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PANEL_IDS } from '../../src/protocol/panels/panel';
import { called, startPanels } from './panels/browser';
import { PANEL_THEMES, type PanelTheme } from './panels/themes';

const { server, browser } = await startPanels();

async function open(id: string, fit: string, theme: PanelTheme = 'dark', scene = 'ready') {
  const page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
  page.setDefaultTimeout(20_000);
  await page.goto(server.url(id, theme, { fit, scene }));
  await page.locator('.program-chip').waitFor();
  return page;
}

test('program: every panel says which one, in every state, and a click or the keyboard changes it', async () => {
  for (const id of PANEL_IDS)
    for (const scene of ['ready', 'empty', 'error']) {
      const page = await open(id, 'fits', 'dark', scene);
      const chip = page.getByRole('group', { name: 'Program of this file' }).getByRole('button');
      const text = await chip.innerText();
      for (const fact of ['SyntheticControl', 'att-rnn-asc40', '6 classes: normal', '60 values', 'test accuracy 96.3'])
        assert.ok(text.includes(fact), `${id}: ${text} lacks ${fact}`);
      assert.ok(text.includes('made with this file'));
      await chip.click();
      await called(page, 'chooseProgram', 1);
      await chip.focus();
      await page.keyboard.press('Enter');
      await called(page, 'chooseProgram', 2);
      await page.close();
    }
});

test('program: a misfit is said in words that screen readers get too; the color only repeats it', async () => {
  for (const theme of PANEL_THEMES) {
    const borders = new Set<string>();
    for (const [fit, word, findings] of [
      ['fits', 'made with this file', 0],
      ['differs', 'made with other data', 2],
      ['outside', 'does not know all labels of this file', 3],
    ] as const) {
      const page = await open('predictions', fit, theme);
      const chip = page.locator('.program-chip');
      assert.ok((await chip.innerText()).includes(word));
      const described = await chip.getAttribute('aria-describedby');
      const items = page.locator(`[id="${described}"] > li`);
      assert.equal(await items.count(), findings);
      if (fit === 'outside') {
        assert.match(await items.first().innerText(), /labels that are not classes/);
        await page.getByRole('status').getByText('labels that are not classes').waitFor();
      }
      borders.add(String(await page.evaluate(`getComputedStyle(document.querySelector('.program-chip')).borderColor`)));
      await page.close();
    }
    assert.equal(borders.size, 3, `${theme}: ${[...borders].join(' ')}`);
  }
  const page = await open('series', 'none');
  assert.match(await page.locator('.program-chip').innerText(), /none\s+choose one/);
  await page.close();
});
