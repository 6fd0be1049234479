import type { ModelCard } from '../card';
import { NETWORK_DESCRIPTIONS } from './network-names';

/** What `card.training` holds for a model trained by `v2s models train`; other origins may leave any of it out. */
export interface TrainingRecord {
  /** the exact command line */
  command: string;
  epochs: number;
  bestEpoch: number;
  seconds: number;
  engine: string;
  options: Record<string, unknown>;
  clips: { train: number; validation: number; test: number };
  /** changes made to the source data before training, as its license may ask to state */
  sourceChanges?: string;
  note?: string;
  /** one value per epoch */
  history: { trainLoss: number[]; validationLoss: number[]; validationAccuracy: number[] };
}

const ARCHITECTURES: Record<ModelCard['architecture'], string> = {
  'att-rnn':
    'Attention RNN (de Andrade et al. 2018; V2Sa in the paper): two (5,1) convolutions with batch normalization, two ' +
    'bidirectional LSTM of 64 units, dot attention queried by the last step, Dense 64, 32, K.',
  'unet-att-rnn':
    'U-Net attention RNN (Yang et al. 2021; V2Su in the paper): four (5,1) convolutions with batch normalization, the first ' +
    'and third concatenated, then two bidirectional LSTM of 64 units, dot attention queried by the last step, Dense 64, 32, K.',
  tfjs: 'A LayersModel run by TensorFlow.js.',
};

function describeArchitecture({ architecture, hyperParameters }: ModelCard): string {
  const networks: Record<string, string> = NETWORK_DESCRIPTIONS;
  const known = architecture === 'tfjs' ? networks[String(hyperParameters.network)] : undefined;
  return known === undefined ? ARCHITECTURES[architecture] : `${known} A LayersModel run by TensorFlow.js.`;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** The README of a model folder: the card for people to read, nothing in it that the card does not say. */
export function modelReadme(card: ModelCard): string {
  const { source, test, frontEnd } = card;
  const training = card.training as Partial<TrainingRecord>;
  const lines = [`# ${card.title}`, '', `Model \`${card.id}\`. Generated from \`card.json\`.`, ''];
  const section = (title: string, ...text: (string | undefined)[]): void => {
    lines.push(`## ${title}`, '', ...text.filter((line) => line !== undefined), '');
  };
  section(
    'Description',
    describeArchitecture(card),
    `${card.parameters.toLocaleString('en')} parameters. It hears 1 s of ${frontEnd.sampleRate} Hz mono sound as ` +
      `${Math.ceil(frontEnd.samples / frontEnd.hop)} frames of ${frontEnd.melBins} mel bins (\`${frontEnd.kind}\`, ` +
      `${frontEnd.lowFrequency} to ${frontEnd.highFrequency} Hz) and distinguishes ${card.sourceLabels.length} source words:`,
    `${card.sourceLabels.join(', ')}.`,
  );
  section(
    'Data',
    `- Source: ${source.name}${source.url ? ` (${source.url})` : ''}`,
    `- License of the data: ${source.license}`,
    source.citation ? `- Cite: ${source.citation}` : undefined,
    training.sourceChanges ? `- Changes made to the data: ${training.sourceChanges}` : undefined,
    `- Split: ${source.split}`,
  );
  const results = test
    ? [
        '| clips | accuracy | cross-entropy | RMSE risk |',
        '|---|---|---|---|',
        `| ${test.clips} | ${percent(test.accuracy)} | ${test.loss.toFixed(4)} | ${test.rmse.toFixed(4)} |`,
        '',
        'RMSE risk is the mean of the Euclidean distance between the softmax and the one-hot label (the paper, section 4). ' +
          'The test part was used once, after the epoch had been chosen on the validation part.',
      ]
    : ['Not evaluated on a test part.'];
  section('Result on the test part', ...results);
  if (training.command !== undefined) {
    const { options, history } = training;
    section(
      'Training',
      '```',
      training.command,
      '```',
      `${training.epochs} epochs in ${Math.round((training.seconds ?? 0) / 60)} minutes (${training.engine}); ` +
        `epoch ${training.bestEpoch} was best on the validation part.`,
      options ? `Options: ${JSON.stringify(options)}.` : undefined,
      training.note,
      '',
      ...(history ? historyTable(history) : []),
    );
  }
  section(
    'Intended use and limits',
    'A frozen acoustic model to be reprogrammed for time series, and a small keyword recognizer for experiments. It knows only ' +
      'the words above, spoken alone within one second; every sound is assigned to one of them. Its speakers were a few volunteers: ' +
      'expect lower accuracy for other voices, accents, microphones and noisy rooms. Do not use it to identify people or to decide ' +
      'about them.',
  );
  section('License', `The weights: ${card.license}. The data they were trained on: ${source.license}, see above.`);
  return `${lines.join('\n').trimEnd()}\n`;
}

function historyTable(history: TrainingRecord['history']): string[] {
  const rows = history.trainLoss.map(
    (loss, i) =>
      `| ${i + 1} | ${loss.toFixed(3)} | ${history.validationLoss[i].toFixed(3)} | ${percent(history.validationAccuracy[i])} |`,
  );
  return ['| epoch | train loss | validation loss | validation accuracy |', '|---|---|---|---|', ...rows];
}
