// A person imports an acoustic model of layers from the explorer, mends what is wrong, and begins to reprogram with it.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after } from 'node:test';
import { writeSmallLayersModel } from '../unit/support/small-layers-model';
import { assertQuiet, COMPUTING, panel, panelShows, SAMPLES, until, VSIX } from './product';
import { editorTest } from './session';

const workspace = mkdtempSync(join(tmpdir(), 'v2s-import-'));
after(() => rmSync(workspace, { recursive: true, force: true }));
writeSmallLayersModel(workspace);
cpSync(join(SAMPLES, 'CBF'), join(workspace, 'CBF'), { recursive: true });
writeFileSync(join(workspace, 'short.txt'), 'up\ndown\n');
// Of the project's shared data, which are not part of the repository.
const KERAS_MODEL = resolve(process.cwd(), '../shared/data/reference/attrnn-gsc/model-attRNN.h5');
const withKeras = existsSync(KERAS_MODEL);
if (withKeras) cpSync(KERAS_MODEL, join(workspace, 'keras.h5'));

editorTest(
  'import: a model.json is inspected, asked about, imported, and proposed for a run',
  { vsix: [VSIX], workspace, timeout: 600_000 },
  async ({ workbench, folder }) => {
    const { page } = workbench;
    /** Waits until the overview has an item that matches. */
    const shows = async (item: RegExp): Promise<void> =>
      await until(String(item), async () => (await workbench.quickItems()).some((one) => item.test(one)), COMPUTING);

    await workbench.contextMenu('model.json', 'Import Acoustic Model');
    await shows(
      /^Cannot import yet, .*The front end must be chosen.*small: 3 layers, input \[125, 80\], 4 source words/,
    );
    await shows(/^Layers to show, listen/);
    await workbench.screenshot('import-overview');

    // Enter asks for what is missing.
    await page.keyboard.press('Enter');
    await workbench.quickChoose('log-mel');
    await shows(/^Import, small: 3 layers/);

    // A file of two words for four outputs: said where it is to be changed, and nothing else is lost.
    await workbench.quickChoose('Source words');
    await workbench.quickChoose('Choose a file with the source words, one per line or as JSON…');
    await workbench.quickBrowse(join(folder, 'short.txt'));
    await shows(
      /^Cannot import yet, The number of source words \(2\) differs from the number of outputs of the model in model\.json \(4\)/,
    );
    await workbench.screenshot('import-problem');
    await workbench.quickChoose('Source words');
    await workbench.quickChoose('Choose a file with the source words, one per line or as JSON…');
    await workbench.quickBrowse(join(folder, 'labels.txt'));
    await shows(/^Source words, labels\.txt, up, down, left, right/);
    await shows(/^Front end, log-mel, log-mel: 125 frames of 80 mel bins/);

    // No layer at all is refused; the list remembers what was chosen.
    await workbench.quickChoose('Layers to show');
    await workbench.quickChoose('listen');
    await page.keyboard.press('Enter');
    await shows(/^Layers to show, none, No layer was chosen to be shown/);
    await workbench.quickChoose('Layers to show');
    await workbench.quickChoose('listen');
    await page.keyboard.press('Enter');
    await shows(/^Layers to show, listen/);
    await shows(/^Import, small: 3 layers/);

    await workbench.quickChoose('Id');
    await workbench.quickType('att-rnn-asc');
    await workbench.quickMessage(/There is an acoustic model att-rnn-asc already/);
    await workbench.quickAnswer('small-words');
    await shows(/^Id, small-words/);
    await workbench.quickChoose('Import');

    const told = await workbench.notification(/The acoustic model small-words was imported/, COMPUTING);
    assert.deepEqual(told.buttons, ['Reprogram with It']);
    await workbench.answerNotification(/small-words was imported/, 'Reprogram with It');
    await workbench.quickChoose('CBF_TRAIN.tsv');
    // An option of a closed list counts as hidden.
    const chosen = (await panel(workbench, 'setup'))
      .locator('select option:checked')
      .filter({ hasText: /^LayersModel imported from model\.json$/ });
    await chosen.waitFor({ state: 'attached', timeout: COMPUTING });
    await panelShows(workbench, 'setup', '.meaning', /^4 source words/);

    // VS Code writes the messages of errors to the console as well, and the next step makes one.
    assertQuiet(workbench);

    // A model with a front end of its own: one question, as many labels as outputs, and it is imported.
    if (withKeras) {
      await workbench.clearNotifications();
      await workbench.contextMenu('keras.h5', 'Import Acoustic Model');
      await workbench.quickChoose('Choose a file with the source words, one per line or as JSON…');
      await workbench.quickBrowse(join(folder, 'short.txt'));
      await workbench.notification(
        /number of source words \(2\) differs from the number of outputs of the model in .*keras\.h5 \(\d+\)/,
      );
      await workbench.quickChoose('Number the source words');
      await workbench.notification(/The acoustic model keras was imported\. Its front end and graph were/, COMPUTING);
    }
  },
);
