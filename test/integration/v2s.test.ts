// The extension inside a real VS Code: commands are called with arguments, so that no quick pick has to be answered.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/host/extension';
import type { RunRecord } from '../../src/protocol/panels/run';

const [folder] = vscode.workspace.workspaceFolders ?? [];
const at = (...parts: string[]): vscode.Uri => vscode.Uri.joinPath(folder.uri, ...parts);

/** Two classes that differ in frequency, label first, like a file of the UCR archive. */
function waves(count: number, length: number, shift: number): string {
  const rows: string[] = [];
  for (let i = 0; i < count; i++) {
    const label = (i % 2) + 1;
    const values = Array.from({ length }, (_, t) =>
      (Math.sin((2 * Math.PI * label * 2 * t) / length + shift + i) + 0.1 * Math.sin(13 * i + 7 * t)).toFixed(4),
    );
    rows.push([label, ...values].join(','));
  }
  return `${rows.join('\n')}\n`;
}

async function api(): Promise<ExtensionApi> {
  return (await vscode.extensions.getExtension<ExtensionApi>('v2s.v2s')!.activate()) as ExtensionApi;
}

async function until<T>(what: string, look: () => T | Promise<T>, limit = 60_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + limit;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`Not within ${limit} ms: ${what}`);
    await sleep(100);
  }
}

/** Epochs of the training that is kept; a small TRAIN is trained on a part first, to estimate its accuracy. */
const kept = ({ epochs }: RunRecord): number[] =>
  epochs.filter(({ phase }) => phase === 'training').map(({ epoch }) => epoch);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

interface Started {
  folder: string;
  status?: string;
  program?: string;
}

async function reprogram(given: object): Promise<Started> {
  const request = { train: at('Waves_TRAIN.csv'), start: true, open: false, ...given };
  return (await vscode.commands.executeCommand<Started>('v2s.reprogramDataset', request))!;
}

async function record(run: Started): Promise<RunRecord> {
  return await (await (await api()).session()).runs.record(run.folder);
}

suite('V2S', () => {
  suiteSetup(() => {
    writeFileSync(at('Waves_TRAIN.csv').fsPath, waves(24, 40, 0));
    writeFileSync(at('Waves_TEST.csv').fsPath, waves(16, 40, 1));
  });

  test('activates, knows how long that took, and has every command', async () => {
    // Its size is not judged: on a busy machine the time says nothing about the extension.
    const { activationMs } = await api();
    assert.ok(activationMs > 0, `activation took ${activationMs} ms`);
    const commands = await vscode.commands.getCommands(true);
    const { contributes } = vscode.extensions.getExtension('v2s.v2s')!.packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    for (const { command } of contributes.commands) assert.ok(commands.includes(command), `${command} is missing`);
  });

  test('reprograms a data set, finds its TEST file, writes program and run folder', async () => {
    const run = await reprogram({ options: { method: 'theta', epochs: 4 }, wait: true });
    assert.equal(run.status, 'finished');
    assert.equal(run.program, at('Waves.v2s.safetensors').fsPath);
    assert.ok(existsSync(run.program));
    const whole = await record(run);
    const { epochs, result, test: testFile, theta, mapping } = whole;
    assert.deepEqual(kept(whole), upTo(4));
    assert.equal(testFile, at('Waves_TEST.csv').fsPath);
    const { accuracy, confusion } = result!.test!;
    assert.equal(
      confusion.flat().reduce((sum, count) => sum + count),
      16,
    );
    assert.equal(accuracy, (confusion[0][0] + confusion[1][1]) / 16);
    assert.equal(theta!.values.length, 16_000);
    assert.equal(mapping.length, 2);
    assert.equal(readFileSync(join(run.folder, 'metrics.jsonl'), 'utf8').trim().split('\n').length, epochs.length);
  });

  test('opens the panels about it and classifies', async () => {
    const run = await vscode.commands.executeCommand('v2s.classifyFile', at('Waves_TEST.csv'));
    assert.deepEqual(run, { file: at('Waves_TEST.csv').fsPath, program: at('Waves.v2s.safetensors').fsPath });
    await vscode.commands.executeCommand('v2s.showSaliency', at('Waves_TEST.csv'), { index: 3 });
    await vscode.commands.executeCommand('v2s.showTsne', at('Waves_TRAIN.csv'));
    const labels = await until('three panels', () => {
      const tabs = vscode.window.tabGroups.all.flatMap(({ tabs: all }) => all);
      const webviews = tabs.filter(({ input }) => input instanceof vscode.TabInputWebview).map(({ label }) => label);
      const explained = webviews.some((label) => label.startsWith('Saliency Waves_TEST.csv:4'));
      return explained && webviews.length >= 3 ? webviews : null;
    });
    assert.ok(labels.some((label) => label.startsWith('Predictions Waves_TEST.csv')));
    const out = at('predictions.csv');
    await vscode.commands.executeCommand('v2s.exportPredictions', at('Waves_TEST.csv'), out);
    const rows = readFileSync(out.fsPath, 'utf8').trim().split('\r\n');
    assert.equal(rows.length, 17);
    assert.equal(rows[0], 'index,label,probability,truth,p:1,p:2');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  test('tints the visible rows and shows their predicted class', async () => {
    const document = await vscode.workspace.openTextDocument(at('Waves_TEST.csv'));
    const editor = await vscode.window.showTextDocument(document);
    const extension = await api();
    const tints = await until('tints', async () => await extension.tintsIn(editor));
    assert.ok(tints > 0 && tints < 40 * document.lineCount, `${tints} ranges`);
    const lenses = await until('lenses', async () => {
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        document.uri,
        100,
      );
      return found.length > 0 ? found : null;
    });
    assert.match(lenses[0].command!.title, /^predicted [12], \d+ %: (right|wrong, it is [12])$/);
    assert.ok(lenses.every(({ range }) => range.start.line < document.lineCount));
  });

  test('stops a run on request, keeps the checkpoint, resumes it', async () => {
    const { runs } = await (await api()).session();
    const run = await reprogram({
      options: { method: 'theta', epochs: 10 },
      out: at('stopped.v2s.safetensors').fsPath,
    });
    await until('two epochs', () => (runs.tracked(run.folder)?.epochs.length ?? 0) >= 2);
    await runs.stop(run.folder);
    await until('the end', () => runs.tracked(run.folder)?.status === 'canceled');
    assert.ok(existsSync(join(run.folder, 'checkpoint.safetensors')));
    assert.ok(!existsSync(at('stopped.v2s.safetensors').fsPath));
    const { ended } = await runs.resume(run.folder);
    const whole = await ended;
    assert.equal(whole.status, 'finished');
    assert.deepEqual(kept(whole), upTo(10));
  }).timeout(180_000);

  test('survives a killed background process: the run is interrupted and can be resumed', async () => {
    const session = await (await api()).session();
    const run = await reprogram({
      options: { method: 'theta', epochs: 8, seed: 2 },
      out: at('killed.v2s.safetensors').fsPath,
    });
    await until('an epoch', () => (session.runs.tracked(run.folder)?.epochs.length ?? 0) >= 1);
    process.kill(session.worker.pid!, 'SIGKILL');
    await until('the crash', () => session.runs.tracked(run.folder)?.status === 'interrupted');
    const { log } = await record(run);
    assert.match(log.at(-1)!.text, /SIGKILL/);
    const { ended } = await session.runs.resume(run.folder);
    const whole = await ended;
    assert.equal(whole.status, 'finished');
    assert.deepEqual(kept(whole), upTo(8));
  }).timeout(180_000);

  test('a killed process for viewing ends no training, and the next question starts a new one', async () => {
    const session = await (await api()).session();
    const remote = await session.worker.remote();
    const run = await reprogram({
      options: { method: 'theta', epochs: 12, seed: 3 },
      out: at('alone.v2s.safetensors').fsPath,
    });
    await until('an epoch', () => (session.runs.tracked(run.folder)?.epochs.length ?? 0) >= 1);
    const file = at('Waves_TRAIN.csv').fsPath;
    await remote.readSeriesIndex({ file });
    const [trains, views] = [session.worker.pid, session.worker.viewingPid!];
    assert.notEqual(trains, views);
    process.kill(views, 'SIGKILL');
    await until('its end', () => session.worker.viewingPid !== views);
    assert.equal((await remote.readSeriesIndex({ file })).count, 24);
    const whole = await until('the end', () => {
      const tracked = session.runs.tracked(run.folder);
      return tracked && ['finished', 'failed', 'interrupted'].includes(tracked.status) ? tracked : null;
    });
    assert.deepEqual([whole.status, session.worker.pid], ['finished', trains]);
    assert.deepEqual(kept(whole), upTo(12));
  }).timeout(180_000);

  test('says what is wrong with a broken file, and where', async () => {
    writeFileSync(at('Broken_TRAIN.csv').fsPath, '1,0.5,0.25,0.125\n2,0.5,zero,0.25\n1,0.1,0.2,0.3\n');
    await assert.rejects(
      async () => await reprogram({ train: at('Broken_TRAIN.csv') }),
      (error: Error) =>
        /Broken_TRAIN\.csv/.test(error.message) && /row 2/i.test(error.message) && /zero/.test(error.message),
    );
  });
});
