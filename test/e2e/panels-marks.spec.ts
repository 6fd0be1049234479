// Marks in foreign text that hide or reorder are shown in a panel, wherever they enter it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPanels } from './panels/browser';

const { server, browser } = await startPanels();

test('bidirectional and zero-width marks become visible before they are painted', async () => {
  const page = await browser.newPage();
  await page.goto(server.url('predictions', 'dark', {}));
  await page.locator('main .view').waitFor();
  // As text: this project's types know no page.
  const shown = await page.evaluate(String.raw`(async () => {
    const made = document.createElement('p');
    made.append(document.createElement('b'), document.createElement('i'));
    const [first, second] = made.children;
    first.textContent = 'inserted \u202egpj.exe';
    document.querySelector('main .view').append(made);
    await Promise.resolve();
    const inserted = made.textContent;
    first.firstChild.data = 'changed a\u200bb\u2066';
    made.title = 'title \u202d';
    made.setAttribute('aria-label', 'label \ufeff\nline');
    second.textContent = 'שלום 👍🏽 two\nlines\tand a tab';
    await Promise.resolve();
    const label = made.getAttribute('aria-label');
    return { inserted, changed: first.textContent, title: made.title, label, plain: second.textContent };
  })()`);
  assert.deepEqual(shown, {
    inserted: 'inserted \\u202egpj.exe',
    changed: 'changed a\\u200bb\\u2066',
    title: 'title \\u202d',
    label: 'label \\ufeff\nline',
    plain: 'שלום 👍🏽 two\nlines\tand a tab',
  });
});
