// Windows of other kinds than one folder: none at all, and several.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { assertQuiet, panelShows, reprogram, seriesCsv, seriesTable, startFromPage, VSIX } from './product';
import { editorTest } from './session';

const workspace = await mkdtemp(join(tmpdir(), 'v2s-windows-'));
after(() => rm(workspace, { recursive: true, force: true }));
const text = seriesCsv(seriesTable(['up', 'down']));
for (const [folder, name] of [
  ['one', 'alpha'],
  ['two', 'beta'],
]) {
  await mkdir(join(workspace, folder));
  for (const part of ['TRAIN', 'TEST']) await writeFile(join(workspace, folder, `${name}_${part}.csv`), text);
}
await writeFile(
  join(workspace, 'both.code-workspace'),
  JSON.stringify({ folders: [{ path: 'one' }, { path: 'two' }], settings: { 'v2s.method': 'theta', 'v2s.epochs': 2 } }),
);

editorTest(
  'windows: without a folder, a file of anywhere is reprogrammed and classified',
  { vsix: [VSIX], workspace, open: null, settings: { 'v2s.method': 'theta', 'v2s.epochs': 2 }, timeout: 300_000 },
  async ({ workbench, folder }) => {
    await workbench.runCommand('V2S: Reprogram Dataset');
    await workbench.quickChoose('Browse');
    await workbench.quickBrowse(join(folder, 'one/alpha_TRAIN.csv'));
    await startFromPage(workbench);
    await panelShows(workbench, 'run', '.head .badge', /finished/);
    assert.ok(existsSync(join(folder, 'one/alpha.v2s.safetensors')), 'the program lies beside the data');
    // Of the file that the run panel is about.
    await workbench.runCommand('V2S: Classify Series File');
    await panelShows(workbench, 'predictions', '.summary .headline', /\d\s%/);
    assertQuiet(workbench);
  },
);

editorTest(
  'windows: of several folders, the run lies in the one of its data',
  { vsix: [VSIX], workspace, open: 'both.code-workspace', timeout: 300_000 },
  async ({ workbench, folder }) => {
    await reprogram(workbench, 'beta_TRAIN.csv');
    await panelShows(workbench, 'run', '.head .badge', /finished/);
    assert.deepEqual((await readdir(join(folder, 'two'))).sort(), [
      '.v2s',
      'beta.v2s.safetensors',
      'beta_TEST.csv',
      'beta_TRAIN.csv',
    ]);
    assert.deepEqual((await readdir(join(folder, 'one'))).sort(), ['alpha_TEST.csv', 'alpha_TRAIN.csv']);
    await workbench.openFile('two/beta_TEST.csv');
    await workbench.runCommand('V2S: Classify Series File');
    await panelShows(workbench, 'predictions', '.summary .headline', /\d\s%/);
    assertQuiet(workbench);
  },
);
