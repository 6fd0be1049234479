// What package.json contributes to menus: titles that say whose they are, and no item where it has nothing to do.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Item {
  command: string;
  when?: string;
}
const { contributes } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  contributes: { commands: { command: string; title: string; category?: string }[]; menus: Record<string, Item[]> };
};
const texts = JSON.parse(readFileSync('package.nls.json', 'utf8')) as Record<string, string>;
const SERIES_COMMANDS = [
  'classifyFile',
  'reprogramDataset',
  'openSeries',
  'showSaliency',
  'showTsne',
  'exportPredictions',
];

test('every title begins with V2S once, in menus as in the palette', () => {
  for (const { command, title, category } of contributes.commands) {
    assert.equal(category, undefined, 'a category would be added to the title in the palette');
    assert.match(texts[title.slice(1, -1)], /^V2S: (?!V2S)\S/, command);
  }
});

test('items about series are on series files only; commands about runs and panels are hidden without one', () => {
  let count = 0;
  for (const [menu, items] of Object.entries(contributes.menus)) {
    // The items of the side bar are on nodes of its own, which know what they stand for.
    if (menu.startsWith('view/')) continue;
    for (const { command, when = '' } of items) {
      if (!SERIES_COMMANDS.includes(command.replace('v2s.', ''))) continue;
      count++;
      // Every extension that is named must be one of tables and .arff: .ts and .txt are other things as a rule.
      const extensions = /resourceExtname =~ \/\^\\\.\(([^)]*)\)\$\/i/.exec(when)![1].split('|');
      assert.ok(!extensions.some((extension) => ['ts', 'txt'].includes(extension)), `${menu} ${command}`);
      assert.match(when, /resourceFilename =~ \/_\(TRAIN\|TEST\)\\\.\(txt\|ts\)\$\//);
      assert.match(when, /resourcePath in v2s\.seriesFiles/);
    }
  }
  assert.ok(count >= 10);
  const palette = new Map(contributes.menus.commandPalette.map(({ command, when }) => [command, when]));
  for (const command of ['openRun', 'resumeRun']) assert.equal(palette.get(`v2s.${command}`), 'v2s.hasRuns');
  assert.equal(palette.get('v2s.listen'), 'v2s.hasPanel.saliency');
  assert.match(palette.get('v2s.exportPredictions')!, /^v2s\.hasPanel\.predictions \|\| /);
});
