// A program of many members in the saliency panel: first picture and refinement, one member, errors, the text cursor, what-if, and
// how all of it looks.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { assertQuiet, COMPUTING, panel, panelShows, pictures, SAMPLES, until, VSIX } from './product';
import { editorTest } from './session';

const workspace = mkdtempSync(join(tmpdir(), 'v2s-saliency-'));
after(() => rmSync(workspace, { recursive: true, force: true }));
cpSync(join(SAMPLES, 'CBF'), workspace, { recursive: true });
const drawn = spawnSync(
  process.execPath,
  [
    ...['dist/v2s.js', 'reprogram', join(workspace, 'CBF_TRAIN.tsv'), '--method', 'ensemble', '--members', '24'],
    ...['--runs', join(workspace, '.v2s'), '--out', join(workspace, 'CBF.v2s.safetensors')],
  ],
  { encoding: 'utf8' },
);
assert.equal(drawn.status, 0, drawn.stderr);

editorTest(
  'saliency: an ensemble is drawn from its best members first, refined, questioned and followed',
  { vsix: [VSIX], workspace, settings: { 'v2s.inline.saliency': false }, timeout: 600_000 },
  async ({ workbench }, t) => {
    const { page } = workbench;
    await workbench.openFile('CBF_TEST.tsv', 3);
    const asked = Date.now();
    await workbench.runCommand('V2S: Show Saliency');
    await panelShows(workbench, 'saliency', '.refining', /4 of 24 members, refining/);
    t.diagnostic(
      `first picture after ${Date.now() - asked} ms, with the command and the start of the background process`,
    );
    const frame = await panel(workbench, 'saliency');
    const refined = async (): Promise<void> => {
      await frame.locator('.refining').waitFor({ state: 'detached', timeout: COMPUTING });
    };
    await refined();
    t.diagnostic(`refined after ${Date.now() - asked} ms`);
    await frame.locator('svg[aria-label*="by segment perturbation what speaks for"]').waitFor();
    await pictures(workbench, 'saliency-ensemble');

    // The text cursor follows the panel, and the panel the text cursor.
    await frame.locator('.figure').focus();
    await page.keyboard.press('PageDown');
    await panelShows(workbench, 'saliency', '.head', /line 4\b/);
    // VS Code tells the line only while a text editor has the focus.
    await workbench.tab('CBF_TEST.tsv').click();
    await workbench.statusItem(/Ln 4,/).waitFor();
    await workbench.goToLine(9);
    await panelShows(workbench, 'saliency', '.head', /line 9\b/);
    await refined();

    // One member: its own clip and maps. Its share stands beside its name.
    const options = frame.locator('vscode-dropdown[aria-label="Member"] vscode-option');
    assert.equal(await options.count(), 25);
    assert.match((await options.nth(1).textContent())!, /^\d+: \d+\.\d\s% (for|against)$/);
    await frame.evaluate(`(() => {
      const list = document.querySelector('vscode-dropdown[aria-label="Member"]');
      list.value = list.querySelectorAll('vscode-option')[2].value;
      list.dispatchEvent(new Event('change'));
    })()`);
    await panelShows(workbench, 'saliency', '.verdict', /by member \d+ alone/);

    // What if: the classes follow a change.
    await frame.getByRole('button', { name: 'What if' }).click();
    await frame.locator('.figure').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('[');
    await page.keyboard.press('End');
    await page.keyboard.press(']');
    await frame.getByRole('button', { name: 'Flatten' }).click();
    await until('changed probabilities', async () => (await frame.locator('.class-bar-fill.changed').count()) === 3);
    await workbench.screenshot('saliency-what-if');

    await page.setViewportSize({ width: 1050, height: 900 });
    await pictures(workbench, 'saliency-narrow', { themes: ['high-contrast', 'dark'] });
    assertQuiet(workbench);
  },
);
