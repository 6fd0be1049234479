import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { encodeWav } from '../../../src/engine/audio/wav';
import { Random } from '../../../src/engine/math/random';

/** The built command, as a script on a cluster runs it. */
const PROGRAM = resolve('dist/v2s.js');
const MODELS = ['att-rnn-asc', 'unet-att-rnn-asc'];
const missing = MODELS.find((id) => !existsSync(resolve('models', id, 'card.json')));
const folder = mkdtempSync(join(tmpdir(), 'v2s-analysis-'));
after(() => rm(folder, { recursive: true, force: true }));

type Event = Record<string, unknown> & { type: string };

/** @param onEvent what it returns is sent to the process as a signal */
function v2s(
  args: string[],
  onEvent?: (event: Event) => NodeJS.Signals | void,
): Promise<{ code: number | null; events: Event[] }> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [PROGRAM, ...args, '--json', '--threads', '1'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const events: Event[] = [];
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const event = JSON.parse(line) as Event;
        events.push(event);
        const signal = onEvent?.(event);
        if (signal) child.kill(signal);
      }
    });
    child.on('error', failed);
    child.on('close', (code) => done({ code, events }));
  });
}

/** Two classes of short noisy series. */
function table(rows: number, label: (row: number) => string): string {
  const random = new Random(1);
  return Array.from({ length: rows }, (_, i) => {
    const values = Array.from(
      { length: 24 },
      (_, t) => Math.sin(((i % 2) + 1) * 0.5 * t) * 1.4 + 0.1 * random.gaussian(),
    );
    return `${[label(i), ...values].join('\t')}\n`;
  }).join('');
}

test(
  'embed, bound and compare: results of the contract, failures and canceling',
  { skip: missing ? `models/${missing} not present` : false },
  async (t) => {
    await writeFile(
      join(folder, 'toy_TRAIN.tsv'),
      table(12, (row) => ['calm', '=wild'][row % 2]),
    );
    const made = await v2s([
      'reprogram',
      'toy_TRAIN.tsv',
      '--method',
      'theta',
      '--epochs',
      '2',
      '--out',
      'toy.v2s.safetensors',
    ]);
    assert.equal(made.code, 0);
    const program = ['--program', 'toy.v2s.safetensors'];

    await t.test('embed', async () => {
      const { code, events } = await v2s([
        'embed',
        'toy_TRAIN.tsv',
        ...program,
        '--dimensions',
        '3',
        '--csv',
        'layouts.csv',
      ]);
      assert.equal(code, 0);
      const result = events.at(-1)!;
      assert.equal(result.type, 'result');
      for (const stage of ['before', 'after']) {
        const layout = result[stage] as number[][];
        assert.equal(layout.length, 12);
        assert.ok(layout.every((point) => point.length === 3 && point.every(Number.isFinite)));
      }
      assert.equal(result.fine_tuned, null);
      assert.deepEqual((result.labels as string[]).slice(0, 2), ['calm', '=wild']);
      const csv = (await readFile(join(folder, 'layouts.csv'), 'utf8')).split('\r\n');
      assert.equal(csv[0], 'index,label,stage,x,y,z');
      assert.match(csv[2], /^1,'=wild,before,/);
      assert.equal(csv.length, 1 + 24 + 1);
      const again = await v2s(['embed', 'toy_TRAIN.tsv', ...program, '--dimensions', '3']);
      assert.deepEqual(again.events.at(-1)!.after, result.after);
    });

    await t.test('bound', async () => {
      const { code, events } = await v2s(['bound', 'toy_TRAIN.tsv', ...program, '--splits', '2']);
      assert.equal(code, 0);
      const { type, source_risk, w1, swd, k, bound, target_risk } = events.at(-1) as Event & Record<string, number>;
      assert.equal(type, 'result');
      const card = JSON.parse(await readFile(resolve('models', MODELS[0], 'card.json'), 'utf8')) as {
        sourceLabels: string[];
        test: { rmse: number };
      };
      assert.deepEqual([source_risk, k], [card.test.rmse, card.sourceLabels.length]);
      assert.ok(Math.abs(bound - (source_risk + 2 * Math.sqrt(k) * w1)) < 1e-9);
      assert.ok(swd > 0 && swd < w1);
      const {
        w1_floor: floor,
        w1_splits: splits,
        swd_error: error,
        largest_risk: largest,
      } = events.at(-1) as Event & {
        w1_floor: { mean: number; values: number[] };
        w1_splits: { values: number[] };
        swd_error: number;
        largest_risk: number;
      };
      assert.deepEqual([splits.values.length, splits.values[0], floor.values.length], [2, w1, 2]);
      assert.ok(floor.mean > 0 && error > 0 && error < swd);
      assert.equal(largest, Math.SQRT2);
      assert.ok(target_risk >= 0 && target_risk <= Math.SQRT2);

      await writeFile(
        join(folder, 'other.tsv'),
        table(4, () => 'unheard-of'),
      );
      const unseen = await v2s(['bound', 'other.tsv', ...program]);
      assert.deepEqual([unseen.code, unseen.events.at(-1)!.code], [1, 'series.label-unseen']);
    });

    await t.test('control and baseline', async () => {
      const control = await v2s(['control', 'toy_TRAIN.tsv', '--members', '2', '--seeds', '1', '--rendering', 'pitch']);
      assert.equal(control.code, 0);
      const { rows, summary, ...rest } = control.events.at(-1) as Event & Record<'rows' | 'summary', object[]>;
      assert.deepEqual(
        rows,
        control.events.filter(({ type }) => type === 'row').map(({ type: _, ...row }) => row),
      );
      assert.deepEqual(
        summary.map((row) => (row as { listener: string }).listener),
        ['speech', 'permuted', 'untrained', 'front-end'],
      );
      assert.deepEqual([rest.members, rest.rendering, rest.train_series, rest.test_series], [2, 'pitch', 12, null]);
      const baseline = await v2s(['baseline', 'toy_TRAIN.tsv', '--test', 'toy_TRAIN.tsv', '--no-dtw']);
      assert.equal(baseline.code, 0);
      const lines = baseline.events.at(-1)!.baselines as { name: string; test: number }[];
      assert.deepEqual(
        lines.map(({ name }) => name),
        ['majority', 'euclidean', 'linear-probe'],
      );
      assert.deepEqual([lines[0].test, lines[1].test], [0.5, 1]);
    });

    await t.test('a model without source logits gets them from recordings', async () => {
      // As an imported model is: no test result, no logits of its source.
      await cp(resolve('models', MODELS[0]), join(folder, 'imported'), { recursive: true });
      await rm(join(folder, 'imported/source-logits.safetensors'));
      const path = join(folder, 'imported/card.json');
      const card = JSON.parse(await readFile(path, 'utf8')) as { sourceLabels: string[] };
      await writeFile(path, JSON.stringify({ ...card, id: 'imported', test: null }));
      for (const [i, word] of card.sourceLabels.entries()) {
        await mkdir(join(folder, 'wav', word), { recursive: true });
        const tone = Int16Array.from({ length: 16000 }, (_, n) => 9000 * Math.sin(0.02 * (i + 1) * n));
        await writeFile(join(folder, 'wav', word, 'tone.wav'), encodeWav(tone));
      }
      const model = ['--model', 'imported'];
      assert.equal(
        (
          await v2s([
            'reprogram',
            'toy_TRAIN.tsv',
            ...model,
            '--method',
            'theta',
            '--epochs',
            '1',
            '--out',
            'i.v2s.safetensors',
          ])
        ).code,
        0,
      );
      const ask = () => v2s(['bound', 'toy_TRAIN.tsv', '--program', 'i.v2s.safetensors']);
      const refused = await ask();
      assert.deepEqual([refused.code, refused.events.at(-1)!.code], [1, 'model.source-logits']);
      assert.match(String(refused.events.at(-1)!.message), /models evaluate MODEL WAVDIR --keep/);
      const kept = await v2s(['models', 'evaluate', 'imported', 'wav', '--keep']);
      assert.deepEqual([kept.code, kept.events.at(-1)!.kept], [0, true]);
      const found = await ask();
      assert.equal(found.code, 0);
      assert.equal(found.events.at(-1)!.source_risk, kept.events.at(-1)!.rmse);
      const again = await v2s(['models', 'evaluate', 'imported', 'wav', '--keep']);
      assert.deepEqual([again.code, again.events.at(-1)!.code], [1, 'model.evaluated']);
    });

    await t.test('compare', async () => {
      const named = ['--models', MODELS.join(','), '--epochs', '1'];
      const { code, events } = await v2s(['compare', 'toy_TRAIN.tsv', ...named]);
      assert.equal(code, 0);
      const ranking = events.at(-1)!.ranking as {
        rank: number;
        model: string;
        bound: number;
        w1_size: { clips: number; series: number };
      }[];
      assert.deepEqual(ranking.map(({ model }) => model).sort(), MODELS);
      assert.deepEqual(
        ranking.map(({ rank }) => rank),
        [1, 2],
      );
      assert.ok(ranking[0].bound <= ranking[1].bound);
      assert.ok(ranking.every(({ w1_size }) => w1_size.clips === 400 && w1_size.series === 12));
      const one = await v2s(['compare', 'toy_TRAIN.tsv', '--models', MODELS[0]]);
      assert.deepEqual([one.code, one.events.at(-1)!.code], [1, 'compare.models']);
      // Windows ends a process without a signal that it could answer.
      if (process.platform === 'win32') return;
      const stopped = await v2s(['compare', 'toy_TRAIN.tsv', ...named], ({ type }) =>
        type === 'model' ? 'SIGINT' : undefined,
      );
      assert.deepEqual([stopped.code, stopped.events.at(-1)!.code], [130, 'canceled']);
    });
  },
);
