// A folder that is not trusted: it can be looked at with the shipped models, but nothing of it is trained or loaded as a model.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { COMPUTING, panelShows, SAMPLES, VSIX } from './product';
import { editorTest } from './session';

const workspace = mkdtempSync(join(tmpdir(), 'v2s-untrusted-'));
after(() => rmSync(workspace, { recursive: true, force: true }));

/** A data set with a program that was trained through `model`. */
function prepare(name: string, model: string): void {
  const train = join(workspace, name, 'CBF_TRAIN.tsv');
  mkdirSync(join(workspace, name));
  cpSync(join(SAMPLES, 'CBF/CBF_TRAIN.tsv'), train);
  const out = ['--out', join(workspace, name, 'CBF.v2s.safetensors'), '--runs', join(workspace, name, '.v2s')];
  const { status, stderr } = spawnSync(
    process.execPath,
    ['dist/v2s.js', 'reprogram', train, '--model', model, '--method', 'theta', '--epochs', '1', ...out],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
}

// A model that the folder brings along, found by its id and by the path in the program once the folder is trusted.
const own = join(workspace, '.v2s/models/own-model');
cpSync(join(process.cwd(), 'models/att-rnn-asc'), own, { recursive: true });
const card = JSON.parse(readFileSync(join(own, 'card.json'), 'utf8')) as object;
writeFileSync(join(own, 'card.json'), JSON.stringify({ ...card, id: 'own-model', title: 'Model of the folder' }));
prepare('shipped', 'att-rnn-asc');
prepare('own', own);

editorTest(
  'untrusted: viewing works, training and models of the folder do not; trusted, the same model is loaded',
  { vsix: [VSIX], workspace, workspaceTrust: true, timeout: 600_000 },
  async ({ workbench }) => {
    const { page } = workbench;
    await workbench.answerDialog("No, I don't trust");
    await workbench.statusItem(/Restricted Mode/).waitFor();

    for (const command of ['V2S: Reprogram Dataset', 'V2S: Resume', 'V2S: Import Acoustic Model']) {
      await workbench.runCommand(command);
      const { severity, buttons } = await workbench.notification(/does not train and does not load acoustic models/);
      assert.deepEqual([severity, buttons], ['error', ['Manage Workspace Trust']], command);
      await workbench.clearNotifications();
    }

    await workbench.openFile('shipped/CBF_TRAIN.tsv');
    await workbench.runCommand('V2S: Show Saliency');
    await panelShows(workbench, 'saliency', '.head', /series 1 of 30 .* att-rnn-asc/);
    await workbench.closeAllEditors();

    await workbench.openFile('own/CBF_TRAIN.tsv');
    await workbench.runCommand('V2S: Show Saliency');
    const refused = await workbench.webview('.panel-saliency .state:not([hidden]) .problem', COMPUTING);
    await refused.getByText('model.untrusted').waitFor();
    await workbench.screenshot('untrusted-model');

    // The person decides otherwise.
    await workbench.runCommand('Workspaces: Manage Workspace Trust');
    await page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).first().click();
    await workbench.statusItem(/Restricted Mode/).waitFor({ state: 'detached' });
    await workbench.closeAllEditors();
    await workbench.openFile('own/CBF_TRAIN.tsv');
    await workbench.runCommand('V2S: Show Saliency');
    await panelShows(workbench, 'saliency', '.head', /series 1 of 30 .* own-model/);
    assert.deepEqual(workbench.cspViolations(), []);
  },
);
