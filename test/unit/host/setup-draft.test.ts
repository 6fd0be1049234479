// What a person says on the set-up page, and how the table is then read: against the reader itself.
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { previewSeriesFile, readSeriesFile } from '../../../src/engine/series';
import { isTestName } from '../../../src/host/flow/flow-items';
import { listColumns, OptionDraft, parseColumns, withRole } from '../../../src/host/flow/setup-draft';
import type { SetupTable } from '../../../src/protocol/panels/setup';
import type { ReadOptions } from '../../../src/protocol/worker';
import { setupRequests } from '../../../src/worker/setup-requests';
import { Library } from '../../../src/worker/library';

const folder = mkdtempSync(join(tmpdir(), 'v2s-draft-'));
after(() => rm(folder, { recursive: true, force: true }));
const t = (text: string, ...values: (string | number)[]): string =>
  text.replace(/\{(\d)\}/g, (_, i: string) => String(values[Number(i)]));

const call = { signal: new AbortController().signal, progress: () => undefined };
const requests = setupRequests(new Library());

async function tableOf(file: string, read: ReadOptions = {}): Promise<SetupTable> {
  const { table, problem } = await requests.previewTable({ file, read }, call as never);
  assert.equal(problem, null);
  return table!;
}

test('a column gets a role, and the file is read so; labels never become values', async () => {
  const file = join(folder, 'Roles_TRAIN.csv');
  const rows = Array.from({ length: 12 }, (_, i) => [
    100 + i,
    i % 2 ? 'b' : 'a',
    ...Array.from({ length: 5 }, (_, k) => (Math.sin(i + k) + 0.01).toFixed(3)),
    i % 3,
  ]);
  await writeFile(file, ['id,kind,t0,t1,t2,t3,t4,grade', ...rows.map(String)].join('\n'));
  let read: ReadOptions = {};
  let table = await tableOf(file, read);
  assert.deepEqual(
    table.columns.map(({ role }) => role),
    ['ignored', 'label', 'value', 'value', 'value', 'value', 'value', 'ignored'],
  );
  assert.deepEqual(table.columns[1], { number: 2, name: 'kind', role: 'label' });
  assert.deepEqual(table.rows[0].cells.slice(0, 2), ['100', 'a']);

  // Another label: the one before is left out.
  read = withRole(read, table, 8, 'label');
  table = await tableOf(file, read);
  const graded = await readSeriesFile(file, read);
  assert.deepEqual(graded.classNames, ['0', '1', '2']);
  assert.equal(graded.series[0].values.length, 5);
  assert.deepEqual(table.ignored, [1, 2]);

  // A value is left out, and taken back.
  read = withRole(read, table, 5, 'ignored');
  assert.equal((await readSeriesFile(file, read)).series[0].values.length, 4);
  read = withRole(read, await tableOf(file, read), 5, 'value');
  assert.deepEqual((await readSeriesFile(file, read)).series, graded.series);

  // No label at all.
  read = withRole(read, await tableOf(file, read), 8, 'ignored');
  assert.deepEqual((await readSeriesFile(file, read)).classNames, []);
});

test('a wide table shows its first and last columns with their cells', async () => {
  const file = join(folder, 'Wide_TRAIN.csv');
  const rows = Array.from({ length: 6 }, (_, i) =>
    [...Array.from({ length: 400 }, (_, k) => (i + k / 7).toFixed(3)), i % 2 ? 'up' : 'down'].join(','),
  );
  await writeFile(file, rows.join('\n'));
  const table = await tableOf(file);
  assert.deepEqual(
    table.columns.map(({ number }) => number),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 398, 399, 400, 401],
  );
  assert.equal(table.columnCount, 401);
  assert.deepEqual(table.rows[1].cells.slice(-2), [(1 + 399 / 7).toFixed(3), 'up']);
  assert.equal(table.columns.at(-1)!.role, 'label');
  assert.deepEqual((await previewSeriesFile(file)).rows[1].last.at(-1), 'up');
});

test('columns are listed as people list them', async () => {
  const table = { columnCount: 12, columns: [{ number: 1, name: 'id', role: 'value' }] } as SetupTable;
  assert.deepEqual(parseColumns(' 1, 5-7 ,id', table, t), { columns: [1, 5, 6, 7, 'id'] });
  assert.deepEqual(parseColumns('', table, t), { columns: [] });
  assert.equal(listColumns([1, 5, 6, 7, 'id', 9]), '1, 5-7, id, 9');
  for (const wrong of ['13', '0', '7-5', '3-13'])
    assert.match((parseColumns(wrong, table, t) as { problem: string }).problem, /columns 1 to 12/, wrong);
  const bare = { columnCount: 3, columns: [{ number: 1, name: null, role: 'value' }] } as SetupTable;
  assert.match((parseColumns('id', bare, t) as { problem: string }).problem, /have no names/);
});

test('an option that is not valid keeps its text and its earlier value', () => {
  const draft = new OptionDraft({ epochs: 20 });
  draft.type('epochs', 'many', t);
  assert.equal(draft.values.epochs, 20);
  assert.equal(draft.texts().epochs, 'many');
  assert.deepEqual(draft.problems(t), [{ field: 'epochs', message: 'Enter a whole number from 1 to 100000.' }]);
  draft.type('epochs', ' 7 ', t);
  draft.type('mask', 'true', t);
  draft.type('method', 'theta', t);
  assert.deepEqual(draft.values, { epochs: 7, mask: true, method: 'theta' });
  assert.deepEqual(draft.problems(t), []);
});

test('test files are known by their names', () => {
  for (const name of ['CBF_TEST.tsv', 'test.csv', 'a-Test-1.csv', 'train-of-test.csv'])
    assert.ok(isTestName(name), name);
  for (const name of ['CBF_TRAIN.tsv', 'latest.csv', 'contest.csv', 'data.csv', 'test_train.csv'])
    assert.ok(!isTestName(`/data/test/${name}`), name);
});
