import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { test } from 'node:test';
import { beginsLikeSeries } from '../../../src/common/series-beginning';
import { looksLikeSeriesFile } from '../../../src/engine/series';
import { sharedData } from '../support/series-files';

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

test('no TypeScript of ours and no prose looks like a series; headers and rows of numbers do', () => {
  const sources = ['src', 'webview', 'test'].flatMap(filesIn).filter((path) => path.endsWith('.ts'));
  assert.ok(sources.length > 200);
  for (const path of sources) assert.ok(!beginsLikeSeries(readFileSync(path, 'utf8')), path);
  for (const text of [
    '',
    '\n\n# only a comment\n',
    '@Component({ selector: "a" })\nexport class A {}\n',
    '@Injectable()\nclass A {}',
    'Lorem ipsum dolor sit amet, 1 2 3\n',
    '2024-05-01 12:00:01 INFO started in 3 s\n',
    '1. First\n2. Second\n',
    '1,2,3\n',
  ])
    assert.ok(!beginsLikeSeries(text), text);
  for (const text of [
    '@problemName X\n@data\n',
    '% a comment\n\n@relation x\n',
    '#a comment\r\n@Timestamps false\r\n',
    '1 0.5 -0.25 1e-3\n',
    'a,1,2,3\n',
    '1.5;.5;-2;?\n',
  ])
    assert.ok(beginsLikeSeries(text), text);
});

test('whatever the engine reads of the archives passes the cheap test first', async (t) => {
  const folder = sharedData(t, 'formats');
  if (folder === null) return;
  let count = 0;
  for (const path of filesIn(folder)) {
    if (!['.ts', '.txt'].includes(extname(path).toLowerCase()) || !(await looksLikeSeriesFile(path))) continue;
    count++;
    assert.ok(beginsLikeSeries(readFileSync(path, 'utf8').slice(0, 20_000)), path);
  }
  assert.ok(count > 0);
});
