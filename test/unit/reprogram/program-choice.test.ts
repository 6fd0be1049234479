// Which program explains which file, with data sets of the archive side by side in one folder.
import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseProgram, type ChoosableProgram } from '../../../src/engine/reprogram/program-choice';
import { fileFacts, fitOf, type FileFacts, type ProgramFacts } from '../../../src/engine/reprogram/program-fit';
import { readSeriesFile } from '../../../src/engine/series';
import { sharedData } from '../support/series-files';

const FOLDER = join('/', 'data');
const inFolder = (facts: FileFacts, name = basename(facts.file)): FileFacts => ({ ...facts, file: join(FOLDER, name) });

/** What a program keeps of the files it was made with. */
function factsOf(train: FileFacts, test: FileFacts | null): ProgramFacts {
  const recorded = ({ file, sha256 }: FileFacts) => ({ file: basename(file), sha256 });
  const { name, content } = train;
  const { classNames, longest, columnNames } = content!;
  return { name, classNames, longest, columnNames, train: recorded(train), test: test && recorded(test) };
}

function programOf(train: FileFacts, test: FileFacts | null, modified = 0, folder = FOLDER): ChoosableProgram {
  return { path: join(folder, `${train.name}.v2s.safetensors`), modified, facts: factsOf(train, test) };
}

const SETS = ['ECG200', 'GunPoint', 'ItalyPowerDemand', 'Worms'];

test('four data sets in one folder, programs of each and of Coffee: every file has its own program, or a question', async (t) => {
  const root = sharedData(t, 'ucr');
  if (root === null) return;
  const read = async (name: string, part: string): Promise<FileFacts> =>
    inFolder(fileFacts(await readSeriesFile(join(root, name, `${name}_${part}.tsv`))));
  const files = new Map<string, { train: FileFacts; test: FileFacts }>();
  for (const name of [...SETS, 'Coffee'])
    files.set(name, { train: await read(name, 'TRAIN'), test: await read(name, 'TEST') });
  // Worms is the most recent, as it was when it explained GunPoint.
  const programs = [...files].map(([, { train, test: tested }], i) =>
    programOf(train, tested, train.name === 'Worms' ? 99 : i),
  );
  const pathOf = (name: string): string => join(FOLDER, `${name}.v2s.safetensors`);

  for (const name of SETS) {
    for (const file of Object.values(files.get(name)!)) {
      const recorded = chooseProgram(file, programs, null);
      assert.equal(recorded.program?.path, pathOf(name), file.file);
      assert.equal(recorded.why, 'recorded');
      assert.equal(recorded.candidates[0].program.path, pathOf(name));
      assert.deepEqual(recorded.candidates[0].fit, { level: 'fits', findings: [] });
      // Moved and renamed: the content still tells.
      const moved = { ...file, file: join('/', 'elsewhere', 'x.tsv'), name: 'x' };
      assert.equal(chooseProgram(moved, programs, null).program?.path, pathOf(name));
      // Edited in its place.
      const edited = chooseProgram({ ...file, sha256: '0'.repeat(64) }, programs, null);
      assert.equal(edited.why, 'recorded');
      assert.equal(edited.program?.path, pathOf(name));
      assert.equal(edited.candidates[0].fit.level, 'differs');
      assert.match(edited.candidates[0].fit.findings[0].message, /not as it was when/);
      // A new file of the data set.
      const fresh = { ...file, file: join(FOLDER, `${name}.csv`), sha256: '1'.repeat(64) };
      const named = chooseProgram(fresh, programs, null);
      assert.deepEqual([named.why, named.program?.path], ['name', pathOf(name)]);
      // The program of this data set is not there: no other is taken.
      const others = programs.filter(({ path }) => path !== pathOf(name));
      const asked = chooseProgram(file, others, null);
      assert.deepEqual([asked.program, asked.why], [null, null]);
      assert.ok(
        asked.candidates.every(({ couldFit }) => !couldFit),
        'other lengths, or other classes',
      );
      assert.ok(asked.candidates.every(({ fit }) => fit.findings.length > 1));
      // Whatever was chosen is taken, and judged.
      const chosen = chooseProgram(file, programs, pathOf('Coffee'));
      assert.deepEqual([chosen.why, chosen.program?.path], ['chosen', pathOf('Coffee')]);
    }
  }
  // Worms has five classes, Coffee knows two of them by name.
  const worms = files.get('Worms')!.test;
  const coffee = programs.find(({ facts }) => facts.name === 'Coffee')!;
  const { level, findings } = fitOf(coffee.facts, worms);
  assert.equal(level, 'outside');
  assert.match(
    findings[0].message,
    /^Worms_TEST\.tsv has labels .* for Coffee: "2", "3", "4", "5"\. Its classes are "0", "1"\.$/,
  );
  assert.match(findings[1].message, /have 900 values; TRAIN of Coffee has up to 286\.$/);
});

const CONTENT = { classNames: ['a', 'b'], shortest: 20, longest: 20, columnNames: null };
const file = (given: Partial<FileFacts> = {}): FileFacts => ({
  file: join(FOLDER, 'Sines_TRAIN.csv'),
  name: 'Sines',
  sha256: 'a'.repeat(64),
  content: CONTENT,
  ...given,
});

test('several programs with the same evidence are asked about, those that could fit first, then the most recent', () => {
  const train = file();
  const older = programOf(train, null, 1);
  const newer = { ...programOf(train, null, 2), path: join(FOLDER, 'newer.v2s.safetensors') };
  const two = chooseProgram(train, [older, newer], null);
  assert.equal(two.program, null);
  assert.deepEqual(
    two.candidates.map(({ program }) => program),
    [newer, older],
  );
  const unlabeled = file({ file: join(FOLDER, 'new.csv'), name: 'new', sha256: 'b'.repeat(64) });
  unlabeled.content = { ...CONTENT, classNames: [] };
  const long = programOf(file({ content: { ...CONTENT, shortest: 30, longest: 30 } }), null, 3);
  const fits = programOf(train, null, 1);
  const asked = chooseProgram(unlabeled, [long, fits], null);
  assert.equal(asked.program, null, 'nothing is guessed for a file that no program knows');
  assert.deepEqual(
    asked.candidates.map(({ program, couldFit, fit }) => [program === fits, couldFit, fit.level]),
    [
      [true, true, 'differs'],
      [false, false, 'differs'],
    ],
  );
  // A file beside its program goes before one of the same name elsewhere, in .v2s too.
  const edited = file({ sha256: 'c'.repeat(64) });
  const beside = programOf(train, null, 1, join(FOLDER, '.v2s'));
  const elsewhere = programOf(train, null, 9, join('/', 'workspace'));
  assert.equal(chooseProgram(edited, [elsewhere, beside], null).program, beside);
  // What cannot be read without help is still known by its content and its name.
  assert.equal(chooseProgram(file({ content: null }), [older], null).why, 'recorded');
});

test('columns: other names, missing names and another order are told apart; lengths that vary may be shorter', () => {
  const columns = (columnNames: string[] | null, sha256 = 'd'.repeat(64)): FileFacts =>
    file({ sha256, content: { ...CONTENT, columnNames } });
  const facts = factsOf(columns(['t1', 't2', 't3']), null);
  const found = (given: FileFacts): string | undefined =>
    fitOf(facts, given).findings.find(({ kind }) => kind === 'columns')?.message;
  const other = 'e'.repeat(64);
  assert.equal(found(columns(['t1', 't2', 't3'], other)), undefined);
  assert.equal(found(columns(null, other)), undefined);
  assert.match(found(columns(['t1', 't3', 't2'], other))!, /in another order\.$/);
  assert.match(found(columns(['t1', 't2', 'x'], other))!, /without "t3" and with "x"\.$/);
  const lengths = (shortest: number, longest: number): string[] =>
    fitOf(facts, file({ sha256: other, content: { ...CONTENT, shortest, longest } })).findings.map(({ kind }) => kind);
  assert.deepEqual(lengths(5, 20), ['data']);
  assert.deepEqual(lengths(5, 5), ['length', 'data']);
  assert.deepEqual(lengths(5, 21), ['length', 'data']);
});

test('never a program whose classes do not cover the labels, unless it was chosen; the order of the list is no evidence', () => {
  const labels = fc.uniqueArray(fc.constantFrom('1', '2', '3', '4'), { minLength: 0, maxLength: 4 });
  const names = fc.constantFrom('A', 'B', 'a');
  const hashes = fc.constantFrom('a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64));
  const fileOf = fc.record({ classNames: labels, name: names, sha256: hashes, longest: fc.constantFrom(20, 30) });
  const made = (given: { classNames: string[]; name: string; sha256: string; longest: number }): FileFacts => ({
    file: join(FOLDER, `${given.name}_TRAIN.csv`),
    name: given.name,
    sha256: given.sha256,
    content: { ...CONTENT, classNames: given.classNames, shortest: given.longest, longest: given.longest },
  });
  fc.assert(
    fc.property(fileOf, fc.array(fileOf, { maxLength: 5 }), (asked, trains) => {
      const programs = trains.map((train, i) => ({ ...programOf(made(train), null, i), path: join(FOLDER, `${i}`) }));
      const { program, why, candidates } = chooseProgram(made(asked), programs, null);
      assert.deepEqual(chooseProgram(made(asked), [...programs].reverse(), null), { program, why, candidates });
      assert.equal(candidates.length, programs.length);
      assert.equal(program === null, why === null);
      if (!program) return;
      assert.ok(asked.classNames.every((label) => program.facts.classNames.includes(label)));
      const known = program.facts.train.sha256 === asked.sha256;
      assert.ok(known || program.facts.name.toLowerCase() === asked.name.toLowerCase());
      if (!known)
        assert.ok(
          programs.every(
            ({ facts }) => facts.train.sha256 !== asked.sha256 || fitOf(facts, made(asked)).level === 'outside',
          ),
        );
      assert.equal(candidates[0].program, program);
    }),
  );
});
