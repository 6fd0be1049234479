import type { Metrics } from '../engine/reprogram';
import { siblingTestFile } from '../engine/series';
import type { CliContext } from './context';
import { duration, percent, shellWord, shortPath, table } from './words';

/** One line that tells where a training is and how long it will take. */
export class ProgressLine {
  readonly #started = performance.now();
  #first: number | null = null;
  #text = 'listening';

  constructor(private readonly context: CliContext) {}

  step({ step, steps, done, total }: { step: number; steps: number; done: number; total: number }): void {
    this.#show(done + step / steps, total);
  }

  /** @param where for example `training`; @param done epochs of `total`, `epoch` of this training among them */
  epoch(
    where: string,
    { epoch, epochs, train, validation }: EpochFigures,
    { done, total }: { done: number; total: number },
  ): void {
    this.#text =
      `${where}, epoch ${epoch}/${epochs}  loss ${train.loss.toFixed(3)}  accuracy ${percent(train.accuracy)}` +
      (validation ? `  validation ${validation.loss.toFixed(3)} ${percent(validation.accuracy)}` : '');
    this.#show(done, total);
  }

  /** An ensemble has heard TRAIN through some of its members. */
  members({ epoch, epochs, validation, done, total }: EpochFigures & { done: number; total: number }): void {
    this.#text =
      `${epoch} of ${epochs} members` + (validation ? `  leave-one-out ${percent(validation.accuracy)}` : '');
    this.#show(done, total);
  }

  #show(done: number, total: number): void {
    this.#first ??= Math.floor(done);
    const passed = done - this.#first;
    const seconds = (performance.now() - this.#started) / 1000;
    const left = passed > 0.5 ? `  ${duration((seconds / passed) * (total - done))} left` : '';
    this.context.progress(done, total, this.#text + left);
  }
}

/** Says that there is a TEST file which was not named. */
export async function hintAtTest(train: string, test: string | null, context: CliContext): Promise<void> {
  const sibling = test === null ? await siblingTestFile(train) : null;
  if (sibling)
    context.say(
      `There is a TEST file next to it. Add --test ${shellWord(shortPath(sibling))} to evaluate the result on it.`,
    );
}

/** A note of a training, as an event and as a line. */
export function sayNote(message: string, context: CliContext): void {
  context.event('note', { message });
  context.say(`Note: ${message}`);
}

/** Progress of the one look at TEST. */
export function sayTest(done: number, total: number, context: CliContext): void {
  context.progress(done, total, `evaluating TEST: ${done} of ${total} series`);
}

interface EpochFigures {
  epoch: number;
  epochs: number;
  train: Metrics;
  validation: Metrics | null;
}

/** What a training reached, part by part, and the confusion on TEST where there is one. */
export function outcomeTables(
  classNames: readonly string[],
  outcome: {
    train: Metrics;
    trainingSeries: number;
    validation: (Metrics & { series: number }) | null;
    /** what the validation figures are of; default `validation` */
    validated?: string;
    test: (Metrics & { confusion: number[][] }) | null;
  },
): string[] {
  const { train, trainingSeries, validation, validated = 'validation', test } = outcome;
  const rows = [['', 'accuracy', 'loss', 'series']];
  const row = (title: string, { accuracy, loss }: Metrics, series: number): void =>
    void rows.push([title, percent(accuracy), loss.toFixed(4), String(series)]);
  row('train', train, trainingSeries);
  if (validation) row(validated, validation, validation.series);
  if (!test) return [table(rows)];
  row(
    'test',
    test,
    test.confusion.flat().reduce((a, b) => a + b, 0),
  );
  const confusion = table([
    ['true \\ predicted', ...classNames],
    ...test.confusion.map((counts, i) => [classNames[i], ...counts.map(String)]),
  ]);
  return [table(rows), '', confusion];
}

/** Options of the engine under the names of the command line, `-` written `_`. */
export function snakeKeys(options: object): object {
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [snake(name), value]));
}
