// Four data sets of the archive in one folder: every file is explained by its own program or asked about; and actions are offered for
// series files only.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { assertQuiet, COMPUTING, panelShows, VSIX } from './product';
import { editorTest } from './session';
import type { Workbench } from './workbench';

const UCR = join(process.cwd(), '../shared/data/ucr');
const PER_CLASS = 4;
const workspace = mkdtempSync(join(tmpdir(), 'v2s-programs-'));
after(() => rmSync(workspace, { recursive: true, force: true }));

/** Some series of each class of a file of the archive. */
function part(name: string): void {
  const counts = new Map<string, number>();
  const lines = readFileSync(join(UCR, name.replace(/_.*/, ''), name), 'utf8')
    .trim()
    .split('\n');
  const kept = lines.filter((line) => {
    const label = line.split('\t', 1)[0];
    counts.set(label, (counts.get(label) ?? 0) + 1);
    return counts.get(label)! <= PER_CLASS;
  });
  writeFileSync(join(workspace, name), `${kept.join('\n')}\n`);
}

if (existsSync(UCR)) {
  for (const name of ['ECG200', 'GunPoint', 'ItalyPowerDemand', 'Worms', 'Coffee']) {
    for (const half of ['TRAIN', 'TEST']) part(`${name}_${half}.tsv`);
    // Italian power has no program; Worms has the most recent but Coffee's.
    if (name === 'ItalyPowerDemand') continue;
    const at = (file: string): string => join(workspace, file);
    const runs = mkdtempSync(join(tmpdir(), 'v2s-programs-runs-'));
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        ...['dist/v2s.js', 'reprogram', at(`${name}_TRAIN.tsv`), '--test', at(`${name}_TEST.tsv`)],
        ...['--epochs', '1', '--replicas', '1', '--out', at(`${name}.v2s.safetensors`), '--runs', runs],
      ],
      { encoding: 'utf8' },
    );
    rmSync(runs, { recursive: true });
    assert.equal(status, 0, stderr);
  }
  const rows = Array.from({ length: 6 }, (_, i) =>
    [1, 2, 3, 4, 5].map((t) => Math.sin(t * (i + 1)).toFixed(3)).join(','),
  );
  const header = ['@problemName signals', '@timeStamps false', '@univariate true', '@classLabel true a b', '@data'];
  writeFileSync(
    join(workspace, 'signals.ts'),
    [...header, ...rows.map((row, i) => `${row}:${'ab'[i % 2]}`), ''].join('\n'),
  );
  writeFileSync(join(workspace, 'code.ts'), 'export const answer: number = 42;\n');
}

/** Texts of the context menu of a file in the explorer. */
async function menuOf({ page }: Workbench, file: string): Promise<string[]> {
  await page
    .locator(`.explorer-folders-view .monaco-list-row[aria-label^=${JSON.stringify(file)}]`)
    .click({ button: 'right' });
  const items = page.locator('.monaco-menu .action-item');
  await items.filter({ hasText: 'Rename' }).waitFor();
  const texts = await items.allInnerTexts();
  await page.keyboard.press('Escape');
  await items.first().waitFor({ state: 'detached' });
  return texts.map((text) => text.trim()).filter((text) => /V2S|Series|Dataset/.test(text));
}

/** What the palette offers of V2S once it has read what the extension contributes. */
async function palette(workbench: Workbench): Promise<string[]> {
  let items: string[] = [];
  for (let attempt = 0; attempt < 20 && !items.some((item) => item.includes('V2S: Reprogram')); attempt++) {
    await workbench.page.keyboard.press('Escape');
    await workbench.page.keyboard.press('F1');
    await workbench.quickType('>V2S: ');
    await workbench.page.waitForTimeout(1500);
    items = await workbench.quickItems();
  }
  await workbench.page.keyboard.press('Escape');
  return items.filter((item) => item.startsWith('V2S: '));
}

if (existsSync(UCR))
  editorTest(
    'programs: four data sets in one folder, each file with its own program or a question; actions on series only',
    { vsix: [VSIX], workspace, timeout: 600_000 },
    async ({ workbench }) => {
      const chip = (panel: 'predictions' | 'saliency' | 'tsne', text: RegExp): Promise<string> =>
        workbench.webview(`.panel-${panel} .program-chip`, COMPUTING).then(async (frame) => {
          const found = frame.locator('.program-chip').filter({ hasText: text });
          await found.waitFor({ timeout: COMPUTING });
          return await found.innerText();
        });

      // Nothing needs a panel or a run that is not there.
      const offered = await palette(workbench);
      assert.ok(
        offered.some((item) => item.startsWith('V2S: Reprogram Dataset')),
        offered.join('\n'),
      );
      for (const hidden of ['Open Training Run', 'Resume', 'Listen', 'Export Predictions'])
        assert.ok(!offered.some((item) => item.includes(hidden)), `${hidden} in ${offered.join(', ')}`);

      for (const [name, length] of [
        ['GunPoint', 150],
        ['Worms', 900],
        ['ECG200', 96],
      ] as const) {
        await workbench.openFile(`${name}_TEST.tsv`);
        await workbench.runCommand('V2S: Classify Series File');
        await panelShows(workbench, 'predictions', 'h1', new RegExp(`${name}_TEST`));
        const text = await chip('predictions', new RegExp(name));
        assert.match(text, new RegExp(`made with this file.*${length} values.*test accuracy`));
        await workbench.closeAllEditors();
        await workbench.openFile(`${name}_TRAIN.tsv`);
        await workbench.runCommand('V2S: Show Saliency');
        await chip('saliency', new RegExp(`${name} made with this file`));
        await workbench.closeAllEditors();
      }
      await workbench.openFile('Worms_TRAIN.tsv');
      await workbench.runCommand('V2S: Show t-SNE');
      await chip('tsne', /Worms made with this file.*5 classes/);
      await workbench.screenshot('programs-chip');
      await workbench.closeAllEditors();

      // Nobody's file is asked about, with the reasons; what is chosen nevertheless is said to be wrong.
      await workbench.openFile('ItalyPowerDemand_TEST.tsv');
      await workbench.runCommand('V2S: Classify Series File');
      await workbench.quickInput
        .locator('.quick-input-title', { hasText: 'Program for ItalyPowerDemand_TEST' })
        .waitFor();
      const candidates = await workbench.quickItems();
      assert.ok(
        candidates.some((item) => /Worms.*have 24 values; TRAIN of Worms has up to 900/.test(item)),
        candidates.join('\n'),
      );
      await workbench.screenshot('programs-question');
      await workbench.quickChoose('Coffee');
      await chip('predictions', /Coffee does not know all labels of this file/);
      await workbench.screenshot('programs-outside');
      await workbench.closeAllEditors();

      // A .ts file of series is recognized by its content, once it is looked at.
      await workbench.openFile('code.ts');
      await workbench.statusItem(/^TypeScript$/).waitFor();
      await workbench.openFile('signals.ts');
      await workbench.answerNotification(/signals\.ts is a time-series file and no TypeScript/, 'Show as Plain Text');
      await workbench.statusItem(/^Plain Text$/).waitFor();
      await workbench.runCommand('View: Show Explorer');
      const onSeries = await menuOf(workbench, 'signals.ts');
      for (const action of ['V2S: Classify Series File', 'V2S: Reprogram Dataset', 'V2S: Open Series View'])
        assert.ok(onSeries.includes(action), `${action} in ${onSeries.join(', ')}`);
      assert.ok(onSeries.every((text) => text.startsWith('V2S: ')));
      assert.deepEqual(await menuOf(workbench, 'code.ts'), []);
      assertQuiet(workbench);
    },
  );
