// An acoustic model that runs on TensorFlow.js (a LayersModel), used as any other: training, run, saliency with its checks, tSNE, and
// the comparison of all acoustic models.
import assert from 'node:assert/strict';
import { assertQuiet, COMPUTING, panel, panelShows, reprogram, SAMPLES, until, VSIX } from './product';
import { editorTest } from './session';

const SETTINGS = { 'v2s.model': 'tc-resnet-asc', 'v2s.method': 'theta', 'v2s.epochs': 6 };
const LAYERS = ['conv1', 'block1', 'block2', 'block3'];
const MODELS = ['att-rnn-asc', 'tc-resnet-asc', 'tcn-asc', 'unet-att-rnn-asc', 'vggish-asc'];

editorTest(
  'product: a model of layers is reprogrammed, explained and compared',
  { vsix: [VSIX], workspace: SAMPLES, settings: SETTINGS, timeout: 900_000 },
  async ({ workbench }) => {
    await reprogram(workbench, 'CBF_TRAIN.tsv');
    await workbench.notification(/CBF: test accuracy [\d.]+ %\. The program is/, COMPUTING);
    await workbench.clearNotifications();
    await panelShows(workbench, 'run', '.frozen', /Frozen: verified tc-resnet-asc/);
    await panelShows(workbench, 'run', '.readout', /SWD [\d.]+ · W1 [\d.]+ · bound [\d.]+ · risk [\d.]+/);

    await workbench.openFile('CBF/CBF_TEST.tsv', 3);
    await workbench.runCommand('V2S: Show Saliency');
    await panelShows(workbench, 'saliency', '.head', /series 3 of 300/);
    const saliency = await panel(workbench, 'saliency');
    const text = await saliency.locator('main').innerText();
    for (const layer of LAYERS) assert.ok(text.includes(layer), `the panel shows ${layer}`);
    await saliency.getByRole('button', { name: 'Check These Maps' }).click();
    await panelShows(workbench, 'saliency', '.checks-verdict', /rank correlation/);
    await workbench.screenshot('models-saliency');

    await workbench.runCommand('V2S: Show t-SNE');
    await panelShows(workbench, 'tsne', 'main', /silhouette/i);

    await workbench.runCommand('V2S: Compare Acoustic Models');
    // The file in the editor is TEST, which short runs must not train on.
    await panelShows(workbench, 'compare', 'h1', /CBF_TRAIN\.tsv/);
    const compare = await panel(workbench, 'compare');
    await compare.locator('vscode-text-field').first().locator('input').fill('1');
    await compare.getByRole('button', { name: 'Compare 5 models' }).click();
    await until('a rank for every model', async () => {
      const rows = await compare.locator('table.ranking tbody tr').allInnerTexts();
      return MODELS.every((model) => rows.some((row) => row.includes(model) && /^\s*[1-5]\s/.test(row)));
    });
    await workbench.screenshot('models-compare');
    assertQuiet(workbench);
  },
);
