// The side bar: data sets with their programs, runs and models, and what can be done with them; what it says where there is nothing.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Locator } from 'playwright-core';
import { assertQuiet, COMPUTING, panelShows, pictures, SAMPLES, VSIX } from './product';
import { editorTest } from './session';
import type { Workbench } from './workbench';

const workspace = mkdtempSync(join(tmpdir(), 'v2s-side-bar-'));
after(() => rmSync(workspace, { recursive: true, force: true }));
for (const name of ['CBF', 'SyntheticControl']) cpSync(join(SAMPLES, name), join(workspace, name), { recursive: true });
const train = join(workspace, 'CBF/CBF_TRAIN.tsv');
const runs = join(workspace, '.v2s/runs');
const made = spawnSync(
  process.execPath,
  [
    ...['dist/v2s.js', 'reprogram', train, '--test', join(workspace, 'CBF/CBF_TEST.tsv'), '--method', 'theta'],
    ...['--epochs', '2', '--replicas', '1', '--out', join(workspace, 'CBF/CBF.v2s.safetensors'), '--runs', runs],
  ],
  { encoding: 'utf8' },
);
assert.equal(made.status, 0, made.stderr);

const sideBar = ({ page }: Workbench): Locator => page.locator('.part.sidebar');
const row = (workbench: Workbench, text: string | RegExp): Locator =>
  sideBar(workbench).locator('.monaco-list-row').filter({ hasText: text }).first();

async function openSideBar(workbench: Workbench): Promise<void> {
  await workbench.page
    .locator('.activitybar .action-item', { has: workbench.page.locator('[aria-label="V2S"]') })
    .click();
  await sideBar(workbench).getByText('Data Sets').first().waitFor();
}

/** Picks an item of the menu of a row. */
async function choose(workbench: Workbench, item: Locator, action: string): Promise<void> {
  await item.click({ button: 'right' });
  const entry = workbench.page.locator('.monaco-menu .action-item').filter({ hasText: action });
  await entry.waitFor();
  await workbench.page.waitForTimeout(300);
  await entry.click();
}

editorTest(
  'side bar: data sets, programs, runs and models are listed, opened, classified, renamed and deleted',
  { vsix: [VSIX], workspace, timeout: 600_000 },
  async ({ workbench, folder }) => {
    await openSideBar(workbench);
    const set = row(workbench, 'CBF');
    await set.filter({ hasText: /up to \d+\.\d %/ }).waitFor({ timeout: COMPUTING });
    await row(workbench, 'SyntheticControl').filter({ hasText: 'no program yet' }).waitFor();
    await set.click();
    await row(workbench, 'CBF_TEST.tsv').waitFor();
    const program = row(workbench, /% on TEST · att-rnn-asc/);
    await program.waitFor();
    await row(workbench, /finished · /).waitFor();
    await row(workbench, /att-rnn-asc.*% on its test words/).waitFor();
    await pictures(workbench, 'side-bar');

    await program.click();
    await panelShows(workbench, 'run', 'h1', /CBF/);
    await choose(workbench, program, 'Classify with This Program');
    await panelShows(workbench, 'predictions', 'h1', /CBF_TEST/);

    await choose(workbench, program, 'Rename Program');
    await workbench.quickAnswer('best of CBF');
    await row(workbench, 'best of CBF').waitFor();
    assert.ok(existsSync(join(folder, 'CBF/best of CBF.v2s.safetensors')));
    assert.ok(!existsSync(join(folder, 'CBF/CBF.v2s.safetensors')));

    await choose(workbench, row(workbench, 'best of CBF'), 'V2S: Delete');
    await workbench.answerDialog('Cancel');
    assert.ok(existsSync(join(folder, 'CBF/best of CBF.v2s.safetensors')));
    await choose(workbench, row(workbench, 'best of CBF'), 'V2S: Delete');
    // A server has no trash and asks again at once.
    await workbench.dialog.locator('.monaco-button', { hasText: 'Move to Trash' }).click();
    await workbench.answerDialog('Delete Permanently');
    await set.filter({ hasText: 'no program yet' }).waitFor();
    assert.ok(!existsSync(join(folder, 'CBF/best of CBF.v2s.safetensors')));
    assertQuiet(workbench);
  },
);

editorTest('side bar: without a folder it says how to begin', { vsix: [VSIX], open: null }, async ({ workbench }) => {
  await openSideBar(workbench);
  await sideBar(workbench).getByText('Open a folder with time series').waitFor();
  await sideBar(workbench).getByRole('button', { name: 'Open Sample Data' }).first().waitFor();
  await sideBar(workbench).getByText('There is no training run in this workspace yet').waitFor();
  await workbench.screenshot('side-bar-empty');
});
