// The whole way of a person with a data set: palette, training, run panel, classification, saliency, inline hints, t-SNE, reload.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertQuiet, COMPUTING, panel, panelShows, pictures, SAMPLES, tints, until, VSIX } from './product';
import { editorTest } from './session';

/** Epochs: enough that CBF is learned to far above chance, which is 1/3; a fifth of the default. */
const SETTINGS = {
  'v2s.method': 'theta',
  'v2s.epochs': 20,
  // A series of 128 samples lies within one frame of the spectrogram: only methods on the waveform tell its values apart.
  'v2s.inline.source': 'gradient-x-input',
  'v2s.saliency.method': 'gradient-x-input',
};

/** The JSON header of a safetensors file. */
async function programHeader(file: string): Promise<Record<string, { shape?: number[] }>> {
  const bytes = await readFile(file);
  return JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as never;
}

/** Colors that are not gray on the canvases of a page: those of the points. */
const POINT_COLORS = `[...document.querySelectorAll('canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b, a] = data.subarray(i, i + 4);
    if (a > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 60) seen.add((r >> 5) + ',' + (g >> 5) + ',' + (b >> 5));
  }
  return seen.size;
})`;

editorTest(
  'product: from the palette to a trained program and all that it shows',
  { vsix: [VSIX], workspace: SAMPLES, settings: SETTINGS, timeout: 900_000 },
  async ({ workbench, folder }) => {
    const { page } = workbench;

    // Quick start: file, overview, Enter.
    await workbench.runCommand('V2S: Quick Start');
    await workbench.quickChoose('CBF_TRAIN.tsv');
    await until('overview', async () =>
      (await workbench.quickItems()).some((item) => /^Test file.*CBF_TEST/.test(item)),
    );
    const items = await workbench.quickItems();
    assert.match(items[0], /Start, 30 series, 3 classes, length 128, bell: 10, cylinder: 10, funnel: 10/);
    await workbench.screenshot('overview');
    await page.keyboard.press('Enter');
    await workbench.notification(/V2S: reprogramming for CBF/, COMPUTING);
    await workbench.statusItem(/V2S CBF/).waitFor();
    const told = await workbench.notification(/CBF: test accuracy [\d.]+ %\. The program is/, COMPUTING);
    assert.deepEqual(told.buttons, ['Show Run']);
    const [, accuracy] = /accuracy ([\d.]+) %/.exec(told.text)!;
    assert.ok(Number(accuracy) > 55, `accuracy ${accuracy} % is not far above chance`);

    const header = await programHeader(join(folder, 'CBF/CBF.v2s.safetensors'));
    assert.deepEqual(header.theta.shape, [16_000]);

    // The run panel was opened with the start and has followed.
    await workbench.clearNotifications();
    const headline = await panelShows(workbench, 'run', '.result .headline', /\d\s%/);
    assert.equal(Number.parseFloat(headline), Number(accuracy));
    await panelShows(workbench, 'run', '.head .badge', /finished/);
    await panelShows(workbench, 'run', '.frozen', /Frozen: verified/);
    await pictures(workbench, 'run', { readme: 'dark' });

    // Classify from the explorer.
    await workbench.openFile('CBF/CBF_TEST.tsv', 3);
    await workbench.contextMenu('CBF_TEST.tsv', 'Classify Series File');
    assert.equal(await panelShows(workbench, 'predictions', '.summary .headline', /\d\s%/), headline);
    const predictions = await panel(workbench, 'predictions');
    assert.ok((await predictions.locator('[role="row"]').count()) > 10, 'the table has its rows');
    await pictures(workbench, 'predictions', { readme: 'light' });

    // Saliency follows the row of the cursor, then the file.
    await workbench.tab('CBF_TEST.tsv').click();
    await workbench.runCommand('V2S: Show Saliency');
    await panelShows(workbench, 'saliency', '.head', /series 3 of 300 · line 3/);
    await page
      .locator('.monaco-editor .view-line')
      .first()
      .click({ position: { x: 30, y: 8 } });
    await panelShows(workbench, 'saliency', '.head', /line 1\b/);
    await page.keyboard.press('ArrowDown');
    await panelShows(workbench, 'saliency', '.head', /line 2\b/);

    // The rows of the file have their predicted classes and tints.
    const lenses = page.locator('.monaco-editor .codelens-decoration a');
    await lenses
      .filter({ hasText: /^predicted (cylinder|bell|funnel), \d+ %: (right|wrong)/ })
      .first()
      .waitFor({ timeout: COMPUTING });
    await until('tints', async () => (await tints(workbench)) > 20);
    await pictures(workbench, 'saliency', { readme: 'dark' });

    await workbench.openFile('CBF/CBF_TRAIN.tsv', 5);
    await panelShows(workbench, 'saliency', '.head', /CBF_TRAIN\.tsv/);
    await panelShows(workbench, 'saliency', '.head', /series 5 of 30 /);

    // A lens opens the series it stands above.
    await lenses.nth(1).click();
    await panelShows(workbench, 'saliency', '.head', /series 2 of 30 /);

    await workbench.runCommand('V2S: Show t-SNE');
    const drawn = async (): Promise<boolean> => {
      const colors = (await (await panel(workbench, 'tsne')).evaluate(POINT_COLORS)) as number[];
      return colors.slice(0, 2).every((count) => count >= 3);
    };
    await until('points of three colors before and after', drawn);
    await workbench.runCommand('View: Toggle Maximize Editor Group');
    await pictures(workbench, 'tsne', { readme: 'light' });
    await workbench.runCommand('View: Toggle Maximize Editor Group');
    await workbench.webview('.panel-saliency');

    // Everything comes back.
    await workbench.reload();
    await until('points after the reload', drawn);
    await panelShows(workbench, 'saliency', '.head', /series 2 of 30 /);
    await workbench.tab('Run CBF').click();
    assert.equal(await panelShows(workbench, 'run', '.result .headline', /\d\s%/), headline);
    await workbench.tab('Predictions CBF_TEST.tsv').click();
    assert.equal(await panelShows(workbench, 'predictions', '.summary .headline', /\d\s%/), headline);
    assertQuiet(workbench);
  },
);
