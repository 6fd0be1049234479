// Which program explains which file, asked of the background process as the extension host asks it, with trained programs.
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { openAcousticModel } from '../../../src/engine/acoustic/open-model';
import { readModelFolder } from '../../../src/engine/acoustic/store';
import { parseReprogramOptions, reprogram, writeProgram } from '../../../src/engine/reprogram';
import { readSeriesFile } from '../../../src/engine/series';
import { RemoteError } from '../../../src/protocol/rpc';
import { withBackground } from '../support/background';
import { sharedData } from '../support/series-files';

const MODELS = join(process.cwd(), 'models');
const SETS = ['ECG200', 'GunPoint', 'ItalyPowerDemand', 'Worms', 'Coffee'];
const PER_CLASS = 4;

/** Some series of each class of a file of the archive. */
async function part(from: string, to: string): Promise<void> {
  const counts = new Map<string, number>();
  const lines = (await readFile(from, 'utf8')).trim().split('\n');
  const kept = lines.filter((line) => {
    const [label] = line.split('\t');
    counts.set(label, (counts.get(label) ?? 0) + 1);
    return counts.get(label)! <= PER_CLASS;
  });
  await writeFile(to, `${kept.join('\n')}\n`);
}

const hasCode = (code: string) => (error: unknown) => error instanceof RemoteError && error.code === code;

test('in a folder of four data sets every file is explained by its own program or asked about', async (t) => {
  const root = sharedData(t, 'ucr');
  if (root === null) return;
  const folder = await mkdtemp(join(tmpdir(), 'v2s-programs-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const at = (...names: string[]): string => join(folder, ...names);
  const programOf = (name: string): string => at(`${name}.v2s.safetensors`);
  await mkdir(at('models'));
  await cp(join(MODELS, 'att-rnn-asc'), at('models', 'att-rnn-asc'), { recursive: true });
  const model = await openAcousticModel(await readModelFolder(at('models', 'att-rnn-asc')), { threads: 2 });
  try {
    for (const name of SETS) {
      for (const half of ['TRAIN', 'TEST'])
        await part(join(root, name, `${name}_${half}.tsv`), at(`${name}_${half}.tsv`));
      const train = await readSeriesFile(at(`${name}_TRAIN.tsv`));
      const held = name === 'GunPoint' ? null : await readSeriesFile(at(`${name}_TEST.tsv`));
      const options = parseReprogramOptions({ method: 'theta', epochs: 1, validation: 0, replicas: 1 });
      await writeProgram(programOf(name), (await reprogram(options, model, train, held)).program);
    }
  } finally {
    await model.close();
  }
  await writeFile(at('no-program.v2s.safetensors'), 'no tensors');

  await withBackground([at('models')], async (remote) => {
    const choose = (file: string, chosen: string | null = null, folders = [folder]) =>
      remote.chooseProgram({ file: at(file), folders, chosen });
    for (const name of SETS)
      for (const half of ['TRAIN', 'TEST']) {
        const { program, why, candidates } = await choose(`${name}_${half}.tsv`);
        assert.equal(program?.path, programOf(name), `${name}_${half}`);
        assert.equal(why, name === 'GunPoint' && half === 'TEST' ? 'name' : 'recorded');
        assert.equal(candidates.length, SETS.length, 'a file that is no program is not among them');
      }
    const worms = await remote.fitProgram({ file: at('Worms_TEST.tsv'), program: programOf('Worms') });
    assert.deepEqual(
      [worms.fit, worms.program.longest, worms.program.model, worms.program.classNames.length],
      [{ level: 'fits', findings: [] }, 900, 'att-rnn-asc', 5],
    );
    assert.ok(worms.program.testAccuracy !== null);

    // Its program is not there: it is asked, whatever else lies there and however recent it is.
    await mkdir(at('aside'));
    await rename(programOf('ItalyPowerDemand'), at('aside', 'x.v2s.safetensors'));
    const asked = await choose('ItalyPowerDemand_TEST.tsv');
    assert.deepEqual([asked.program, asked.why], [null, null]);
    assert.ok(asked.candidates.every(({ couldFit }) => !couldFit));
    const reasons = asked.candidates.find(({ program }) => program.name === 'Worms')!.fit.findings;
    assert.match(reasons[0].message, /ItalyPowerDemand_TEST\.tsv have 24 values; TRAIN of Worms has up to 900/);
    // Moved and renamed, it is found again by what it records.
    const found = await choose('ItalyPowerDemand_TEST.tsv', null, [folder, at('aside')]);
    assert.equal(found.program?.path, at('aside', 'x.v2s.safetensors'));
    // What was chosen is taken, and its fault is said.
    const chosen = await choose('Worms_TEST.tsv', programOf('Coffee'));
    assert.deepEqual([chosen.program?.path, chosen.why], [programOf('Coffee'), 'chosen']);
    const misfit = await remote.fitProgram({ file: at('Worms_TEST.tsv'), program: programOf('Coffee') });
    assert.equal(misfit.fit.level, 'outside');
    // A new file without labels that has the length of one data set: proposed first, but asked.
    const bare = (await readFile(at('GunPoint_TEST.tsv'), 'utf8')).replace(/^[^\t]*\t/gm, '');
    await writeFile(at('new.tsv'), bare);
    const fresh = await remote.chooseProgram({
      file: at('new.tsv'),
      read: { labels: 'none' },
      folders: [folder],
      chosen: null,
    });
    assert.equal(fresh.program, null);
    assert.deepEqual(
      fresh.candidates.filter(({ couldFit }) => couldFit).map(({ program }) => basename(program.path)),
      ['GunPoint.v2s.safetensors'],
    );
    // A file that cannot be read is an error; one that is no series file is asked about.
    await assert.rejects(choose('absent.tsv'), hasCode('file.enoent'));
    await writeFile(at('source.ts'), 'export const answer = 42;\n');
    assert.equal((await choose('source.ts')).program, null);

    // The acoustic model has moved: it is found where a person points to, and nothing else is taken for it.
    const program = programOf('ECG200');
    const classify = () => remote.classify({ file: at('ECG200_TEST.tsv'), program });
    await classify();
    await rename(at('models'), at('moved'));
    await assert.rejects(classify(), hasCode('model.missing'));
    const located = at('moved', 'att-rnn-asc');
    await assert.rejects(remote.checkModelOf({ program, folder: at('moved') }), hasCode('model.missing'));
    await assert.rejects(
      remote.checkModelOf({ program, folder: join(MODELS, 'tcn-asc') }),
      hasCode('program.checksum'),
    );
    await remote.checkModelOf({ program, folder: located });
    await remote.configure({
      modelRoots: [at('models')],
      located: [join(MODELS, 'tcn-asc'), located],
      threads: 2,
      trusted: false,
    });
    await classify();
  });
});
