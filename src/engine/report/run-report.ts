import type { Metrics, Program } from '../reprogram';
import type { readRun } from '../runs';
import { clipFigure, confusionTable, lineFigure } from './figures';
import { html, type Html } from './html';
import { STYLE } from './style';

/** What a report is made of. */
interface ReportSubject {
  record: Awaited<ReturnType<typeof readRun>>;
  /** null while the run is not finished */
  program: Program | null;
  /** of the program file; null without one */
  programSha256: string | null;
  /** of V2S */
  version: string;
}

/**
 * A run as one HTML page that needs nothing else: result, figures, protocol, settings, checksums. Its policy forbids every request, and
 * no address is in it.
 */
export function runReport(subject: ReportSubject): string {
  const { record, program } = subject;
  const { name, created, status, model, notes } = record;
  const { mapping, classNames, result, theta } = record;
  const page = html`<!doctype html>
    <!-- V2S run report -->
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="viewport" content="width=device-width" />
        <title>${name}: V2S run report</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <h1>${name}</h1>
        <p class="muted">Run of ${created}, ${status}. Acoustic model ${model.id}. V2S ${subject.version}.</p>
        ${resultSection(record)}
        <h2>Training</h2>
        ${trainingFigures(subject)}
        ${theta === null ? null : clipFigure(`theta after epoch ${theta.epoch}`, theta.values)}
        ${
          result?.test
            ? html`<h2>Confusion on TEST</h2>
                ${confusionTable(classNames, result.test.confusion)}`
            : null
        }
        ${
          mapping.length === 0
            ? null
            : html`<h2>Source words of the classes</h2>
                ${pairs(mapping.map(({ className, words }) => [className, words.join(', ')]))}`
        }
        <h2>Protocol</h2>
        <ul>
          ${protocol(subject).map((sentence) => html`<li>${sentence}</li>`)}
        </ul>
        <h2>Settings</h2>
        ${pairs(Object.entries(record.options).map(([option, value]) => [option, String(value)]))}
        <h2>Checksums (SHA-256)</h2>
        ${pairs(checksums(subject))}
        ${
          notes.length === 0
            ? null
            : html`<h2>Notes</h2>
                <ul>
                  ${notes.map((note) => html`<li>${note}</li>`)}
                </ul>`
        }
        <h2>Files</h2>
        ${pairs([
          ['Run', record.folder],
          ['TRAIN', record.train],
          ['TEST', record.test ?? 'none'],
          ['Program', record.program],
          ['Acoustic model', program?.description.model.folder ?? model.folder],
        ])}
      </body>
    </html>`;
  return `${page.text}\n`;
}

function resultSection({ result, failure }: ReportSubject['record']): Html {
  if (!result)
    return html`<p>
      ${failure ? `The run failed: ${failure.message}` : 'The run is not finished, so it has no result yet.'}
    </p>`;
  const row = (name: string, figures: Metrics | null): Html | null =>
    figures &&
    html`<tr>
      <th scope="row">${name}</th>
      <td>${percent(figures.accuracy)}</td>
      <td>${figures.loss.toPrecision(4)}</td>
    </tr>`;
  const heldOut = result.heldOut;
  return html`<h2>Result</h2>
    <table>
      <tr>
        <td></td>
        <th scope="col">Accuracy</th>
        <th scope="col">Loss</th>
      </tr>
      ${row('TEST', result.test)} ${row(heldOut ? HELD_OUT[heldOut.source] : '', heldOut)}
      ${heldOut?.source === 'validation' ? null : row('Validation', result.validation)} ${row('TRAIN', result.train)}
    </table>`;
}

const HELD_OUT = {
  'leave-one-out': 'TRAIN, leave-one-out',
  folds: 'TRAIN, cross-validation',
  validation: 'Validation part of TRAIN',
  'held-out': 'Held-out part of TRAIN',
};

/** Accuracy and loss by epoch of the final training; of an ensemble the leave-one-out figures by number of members. */
function trainingFigures({ record, program }: ReportSubject): Html {
  const curve = program?.description.ensemble?.curve ?? [];
  if (curve.length > 0) {
    const points = (y: (one: (typeof curve)[number]) => number) => curve.map((one) => ({ x: one.members, y: y(one) }));
    return html`${lineFigure(
      'Leave-one-out accuracy on TRAIN',
      'members',
      [{ name: 'accuracy', kind: 'first', points: points(({ accuracy }) => accuracy) }],
      true,
    )}${lineFigure(
      'Leave-one-out loss on TRAIN',
      'members',
      [{ name: 'loss', kind: 'first', points: points(({ logLoss }) => logLoss) }],
      false,
    )}`;
  }
  const epochs = record.epochs.filter(
    ({ phase, member }) => phase === 'members' || (phase === 'training' && (member ?? 0) === 0),
  );
  const lines = (figure: 'accuracy' | 'loss') =>
    [
      { name: 'TRAIN', kind: 'first' as const, of: 'train' as const },
      { name: 'validation', kind: 'second' as const, of: 'validation' as const },
    ].map(({ name, kind, of }) => ({
      name,
      kind,
      points: epochs.flatMap((epoch) => {
        const metrics = epoch[of];
        return metrics ? [{ x: epoch.epoch, y: metrics[figure] }] : [];
      }),
    }));
  return html`${lineFigure('Accuracy', 'epoch', lines('accuracy'), true)}${lineFigure(
    'Loss',
    'epoch',
    lines('loss'),
    false,
  )}`;
}

function protocol({ record, program }: ReportSubject): string[] {
  const sentences = [
    'The acoustic model is frozen: the checksum of its weights is the same before and after the run.',
    'Everything that was chosen was chosen on TRAIN. TEST was read once, for the final figures, after the choice.',
    `All chance comes from the seed ${record.options.seed}. The same data, model, settings, seed and number of threads give the same program.`,
  ];
  if (program) {
    const { training, data, ensemble, members, bestEpoch } = program.description;
    sentences.push(
      `TRAIN has ${data.train.series} series: ${training.trainingSeries} for training and ${training.validationSeries} for validation.`,
      data.test ? `TEST has ${data.test.series} series.` : 'There was no TEST file.',
      ensemble
        ? `An ensemble of ${members.length} of ${ensemble.drawn} drawn members; ridge strength ${ensemble.strength.toPrecision(3)} per feature and temperature ${ensemble.temperature.toPrecision(3)} by leave-one-out.`
        : `theta was kept after epoch ${bestEpoch}; members: ${members.length}.`,
      `Computed by ${training.implementation} on ${training.engine}.`,
    );
  }
  return sentences;
}

function checksums({ record, program, programSha256 }: ReportSubject): [string, string][] {
  const weights = record.result?.weights;
  const { description } = program ?? {};
  const all: [string, string | null | undefined][] = [
    ['TRAIN', description?.data.train.sha256],
    ['TEST', description?.data.test?.sha256],
    ['Weights of the acoustic model before', weights?.sha256Before],
    ['Weights of the acoustic model after', weights?.sha256After],
    ['Computation of the acoustic model', description?.model.computationSha256],
    ['Program', programSha256],
  ];
  return all.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

function pairs(entries: readonly (readonly [string, string])[]): Html {
  if (entries.length === 0) return html`<p class="muted">Known when the run is finished.</p>`;
  const rows = entries.map(
    ([name, value]) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td>${value}</td>
      </tr>`,
  );
  return html`<table class="pairs">
    ${rows}
  </table>`;
}

const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;
