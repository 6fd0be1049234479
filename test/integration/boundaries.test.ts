// Where the extension ends: documents that are no files of this machine, and acoustic models that come from outside.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/host/extension';
import { SMALL_MODEL_WORDS, writeSmallLayersModel } from '../unit/support/small-layers-model';

const [folder] = vscode.workspace.workspaceFolders ?? [];
const ROWS = '1,0.5,0.25,0.125\n2,0.25,0.5,0.125\n';
/** Two folders above the bundled tests stands the project. */
const KERAS_MODEL = resolve(__dirname, '../../../shared/data/reference/attrnn-gsc/model-attRNN.h5');

async function api(): Promise<ExtensionApi> {
  return (await vscode.extensions.getExtension<ExtensionApi>('v2s.v2s')!.activate()) as ExtensionApi;
}

suite('boundaries', () => {
  test('a document that is no file of this machine gets a message that says what to do', async () => {
    const provider = vscode.workspace.registerTextDocumentContentProvider('v2s-memory', {
      provideTextDocumentContent: () => ROWS,
    });
    try {
      const uri = vscode.Uri.parse('v2s-memory:/far/Far_TRAIN.csv');
      const editor = await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
      const told =
        /Far_TRAIN\.csv is not on the machine where VS Code runs its extensions \(v2s-memory:\)\. Save a copy/;
      const asked: [string, unknown][] = [
        ['v2s.reprogramDataset', { train: uri, start: true, open: false }],
        ['v2s.reprogramDataset', uri],
        ['v2s.classifyFile', uri],
        ['v2s.exportPredictions', uri],
        ['v2s.showSaliency', uri],
        ['v2s.showTsne', uri],
        ['v2s.compareModels', uri],
        ['v2s.importModel', { file: uri }],
      ];
      for (const [command, argument] of asked)
        await assert.rejects(async () => await vscode.commands.executeCommand(command, argument), told, command);
      // Inline hints keep quiet about it.
      await sleep(500);
      assert.equal(await (await api()).tintsIn(editor), 0);
      // The series editor stays open and says it itself.
      await vscode.commands.executeCommand('vscode.openWith', uri, 'v2s.series');
      const { activeTab } = vscode.window.tabGroups.activeTabGroup;
      assert.ok(activeTab?.input instanceof vscode.TabInputCustom && activeTab.input.viewType === 'v2s.series');
    } finally {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      provider.dispose();
    }
  });

  test('importing an acoustic model says what is wrong with a file that is none', async () => {
    const file = vscode.Uri.joinPath(folder.uri, 'none.h5');
    writeFileSync(file.fsPath, 'no HDF5');
    await assert.rejects(
      async () => await vscode.commands.executeCommand('v2s.importModel', { file }),
      (error: Error) => /none\.h5/.test(error.message),
    );
    rmSync(file.fsPath);
    const { importedModels } = await (await api()).session();
    assert.ok(!existsSync(join(importedModels.fsPath, 'none')));
  });

  test('imports a LayersModel without a question when its front end is given, and lists it', async () => {
    const session = await (await api()).session();
    const files = mkdtempSync(join(tmpdir(), 'v2s-layers-'));
    const file = vscode.Uri.file(writeSmallLayersModel(files));
    const labels = vscode.Uri.file(join(files, 'labels.txt'));
    const given = { file, labels, id: 'layers-of-a-test', frontEnd: 'kapre-db' as const };
    const folderOfModel = join(session.importedModels.fsPath, given.id);
    try {
      await assert.rejects(
        async () => await vscode.commands.executeCommand('v2s.importModel', { ...given, taps: ['mean'] }),
        /The layer mean gives \[3\]/,
      );
      assert.ok(!existsSync(folderOfModel));
      const imported = await vscode.commands.executeCommand('v2s.importModel', given);
      assert.deepEqual(imported, { id: given.id, folder: folderOfModel });
      const { models } = await (await session.worker.remote()).listModels({});
      const listed = models.find(({ id }) => id === given.id);
      assert.equal(listed?.implementation, 'tfjs');
      assert.equal(listed.sourceWords, SMALL_MODEL_WORDS.length);
    } finally {
      rmSync(folderOfModel, { recursive: true, force: true });
      rmSync(files, { recursive: true });
    }
  });

  test('imports a Keras model, lists it, and does not overwrite it', async function () {
    // Of the project's shared data, which are not part of the repository.
    if (!existsSync(KERAS_MODEL)) return this.skip();
    const session = await (await api()).session();
    const given = { file: vscode.Uri.file(KERAS_MODEL), labels: null, id: 'imported-by-a-test' };
    const imported = await vscode.commands.executeCommand<{ id: string; folder: string }>('v2s.importModel', given);
    try {
      assert.equal(imported.id, given.id);
      assert.equal(imported.folder, join(session.importedModels.fsPath, given.id));
      const card = JSON.parse(readFileSync(join(imported.folder, 'card.json'), 'utf8')) as { sourceLabels: string[] };
      assert.ok(card.sourceLabels.length > 1);
      const { models } = await (await session.worker.remote()).listModels({});
      assert.ok(models.some(({ id, folder: where }) => id === given.id && where === imported.folder));
      await assert.rejects(
        async () => await vscode.commands.executeCommand('v2s.importModel', given),
        /holds an acoustic model already/,
      );
    } finally {
      rmSync(imported.folder, { recursive: true, force: true });
    }
  });
});
