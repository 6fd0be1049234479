import { unlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { LOG_MEL } from '../../engine/audio/front-end';
import { assertModelOutput } from '../../engine/acoustic/model-output';
import { holdsModel, writeModelFolder } from '../../engine/acoustic/store';
import { AUGMENTATION_NAMES, augmentationOf, type AugmentationName } from '../../engine/acoustic/training/augmentation';
import { evaluateModel, sampleSourceLogits, SOURCE_LOGITS_CLIPS } from '../../engine/acoustic/training/evaluate';
import { modelReadme, type TrainingRecord } from '../../engine/acoustic/training/model-readme';
import {
  holdsCheckpoint,
  TRAINING_OPTIONS,
  trainAcousticModel,
  type TrainedModel,
  type TrainingOptions,
} from '../../engine/acoustic/training/train';
import {
  openUntrainedModel,
  TRAINABLE,
  type TrainableArchitecture,
  type UntrainedModel,
} from '../../engine/acoustic/training/untrained-model';
import { describeParts, splitSpeech } from '../../engine/audio/speaker-split';
import {
  findSpeechLayout,
  listSpeechFolder,
  loadClips,
  loadNoises,
  requireSameLabels,
  type SpeechFiles,
} from '../../engine/audio/speech-folder';
import { CanceledError, V2SError } from '../../engine/errors';
import { Random } from '../../engine/math/random';
import type { CliContext } from '../context';
import { addForceFlag, type OutputFlags } from '../output-flags';
import { numberBetween, threadsOption, wholeNumber } from './models-options';

/** Share of the training clips held out for validation when none are given. */
const VALIDATION_SHARE = 0.15;
const CHECKPOINT_FILE = 'checkpoint.safetensors';

interface TrainCommand extends OutputFlags, Omit<TrainingOptions, 'augmentation' | 'patience' | 'warmUp' | 'clipNorm'> {
  architecture: TrainableArchitecture;
  out: string;
  validation?: string;
  test?: string;
  noise?: string;
  augment: AugmentationName[];
  patience?: number;
  threads: number;
  kernels: 'simd' | 'relaxed';
  id?: string;
  title?: string;
  license: string;
  sourceName?: string;
  sourceLicense: string;
  sourceUrl?: string;
  sourceChanges?: string;
  citation?: string;
  note?: string;
  resume?: boolean;
}

export function registerTrain(models: Command, context: CliContext): void {
  const defaults = TRAINING_OPTIONS;
  const command = models
    .command('train')
    .description(
      'train an acoustic model on spoken words and write its folder: weights, card, source logits, README.\n' +
        'WAVDIR holds one folder per word with 16 kHz mono 16-bit WAV files, or such folders in train, validation and test; ' +
        'recordings in its folder background_noise are mixed into the training clips.',
    )
    .argument('<wavdir>', 'folder of class folders, or of the parts train, validation, test')
    .addOption(
      new Option(
        '--architecture <name>',
        'architecture of the model; the attention-RNN family runs on the WebAssembly kernels, the others on TensorFlow.js',
      )
        .choices(TRAINABLE)
        .makeOptionMandatory(),
    )
    .requiredOption('--out <dir>', 'folder of the new model; its name is the default id')
    .option('--validation <wavdir>', 'validation clips (default: the part validation, else held out from training)')
    .option('--test <wavdir>', 'test clips, used once at the end (default: the part test)')
    .option('--noise <dir>', 'folder of background noises (default: background_noise in WAVDIR)')
    .option('--epochs <n>', 'passes over the training clips', wholeNumber(1), defaults.epochs)
    .option('--batch-size <n>', 'clips per step', wholeNumber(1), defaults.batchSize)
    .option(
      '--learning-rate <x>',
      'peak learning rate of the cosine schedule',
      numberBetween(1e-9, 10),
      defaults.learningRate,
    )
    .option('--weight-decay <x>', 'decoupled weight decay of the kernels', numberBetween(0, 10), defaults.weightDecay)
    .option(
      '--label-smoothing <x>',
      'share of the target that is spread over all words',
      numberBetween(0, 0.999),
      defaults.labelSmoothing,
    )
    .option(
      '--average-decay <x>',
      'decay of the average of the weights',
      numberBetween(0, 0.99999),
      defaults.averageDecay,
    )
    .option('--patience <n>', 'stop after n epochs without a better validation loss', wholeNumber(1))
    .option(
      '--augment <names>',
      `changes made to training clips: all, none, or some of ${AUGMENTATION_NAMES.join(',')}`,
      parseAugmentations,
      [...AUGMENTATION_NAMES],
    )
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0), defaults.seed)
    .addOption(threadsOption())
    .addOption(
      new Option(
        '--kernels <variant>',
        'kernels to use; relaxed has fused multiply-add where the engine supports it, so results differ by processor',
      )
        .choices(['simd', 'relaxed'])
        .default('simd'),
    )
    .option('--id <id>', 'id of the model')
    .option('--title <text>', 'title of the model')
    .option('--license <text>', 'license of the weights', 'Apache-2.0')
    .option('--source-name <text>', 'name of the speech data')
    .option('--source-license <text>', 'license of the speech data', 'not stated')
    .option('--source-url <url>', 'where the speech data comes from')
    .option('--source-changes <text>', 'what was changed in the speech data before training')
    .option('--citation <text>', 'how to cite the speech data')
    .option('--note <text>', 'remark on the training, for the card')
    .option('--resume', 'resume the unfinished training in --out');
  addForceFlag(command).action((wavdir: string, options: TrainCommand) => train(wavdir, options, context));
}

function parseAugmentations(text: string): AugmentationName[] {
  if (text === 'all') return [...AUGMENTATION_NAMES];
  if (text === 'none') return [];
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(AUGMENTATION_NAMES as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `"${unknown}" is unknown. Expected all, none, or some of ${AUGMENTATION_NAMES.join(', ')}.`,
    );
  return names as AugmentationName[];
}

interface Parts {
  train: SpeechFiles;
  validation: SpeechFiles;
  test: SpeechFiles | null;
  noise: string | null;
  /** how the parts were made and how many clips and speakers they have */
  split: string;
}

/** The three parts of the speech data, the folders named by options before those found in WAVDIR. */
async function findParts(wavdir: string, options: TrainCommand): Promise<Parts> {
  const layout = await findSpeechLayout(resolve(wavdir));
  const named = async (folder: string | undefined, found: SpeechFiles | null): Promise<SpeechFiles | null> =>
    folder === undefined ? found : await listSpeechFolder(resolve(folder));
  const given = await named(options.validation, layout.validation);
  const test = await named(options.test, layout.test);
  const { train, validation, how } = given
    ? { train: layout.train, validation: given, how: 'the parts of the data set' }
    : splitSpeech(layout.train, VALIDATION_SHARE, new Random(options.seed));
  requireSameLabels(validation, train.labels, 'the training part');
  if (test) requireSameLabels(test, train.labels, 'the training part');
  const noise = options.noise === undefined ? layout.noise : resolve(options.noise);
  return { train, validation, test, noise, split: `${how}; ${describeParts({ train, validation, test })}` };
}

async function train(wavdir: string, options: TrainCommand, context: CliContext): Promise<void> {
  const folder = resolve(options.out);
  const checkpoint = join(folder, CHECKPOINT_FILE);
  await requireFreeFolder(folder, checkpoint, options.resume ?? false);
  const inputs = [wavdir, options.validation, options.test, options.noise];
  await assertModelOutput(folder, { inputs, replace: options.resume || options.force });
  const parts = await findParts(wavdir, options);
  const augmentation = augmentationOf(options.augment);
  const training: TrainingOptions = {
    epochs: options.epochs,
    batchSize: options.batchSize,
    learningRate: options.learningRate,
    warmUp: TRAINING_OPTIONS.warmUp,
    weightDecay: options.weightDecay,
    labelSmoothing: options.labelSmoothing,
    clipNorm: TRAINING_OPTIONS.clipNorm,
    averageDecay: options.averageDecay,
    patience: options.patience ?? null,
    seed: options.seed,
    augmentation,
  };
  const about = describe(options, parts, wavdir);
  context.say(`Split: ${parts.split}.`);
  if (augmentation.noise > 0 && parts.noise === null)
    context.say('No background noise was found. Training goes on without it.');
  const { samples } = about.frontEnd;
  const data = {
    train: await loadClips(parts.train, samples, context.signal),
    validation: await loadClips(parts.validation, samples, context.signal),
    noises: augmentation.noise > 0 && parts.noise !== null ? await loadNoises(parts.noise) : [],
  };
  const untrained = await openUntrainedModel(options.architecture, about, {
    seed: options.seed,
    batchLimit: options.batchSize,
    threads: options.threads,
    kernels: options.kernels,
  });
  const { model, card: draft } = untrained;
  try {
    context.say(
      `Training ${draft.id} (${options.architecture}, ${draft.parameters.toLocaleString('en')} parameters) on ` +
        `${data.train.classes.length} clips of ${draft.sourceLabels.length} words (epochs: ${options.epochs}): ${model.engine}.`,
    );
    const trained = await trainAcousticModel(model, data, training, {
      checkpoint,
      resume: options.resume ?? false,
      signal: context.signal,
      onBatch: (batch, batches, epoch) =>
        context.progress((epoch - 1) * batches + batch, options.epochs * batches, `epoch ${epoch}/${options.epochs}`),
      onEpoch: ({ best, clipsPerSecond, ...epoch }) => {
        context.event('epoch', { ...epoch, best, clipsPerSecond });
        context.say(
          `epoch ${epoch.epoch}/${options.epochs}  train loss ${epoch.trainLoss.toFixed(4)}  ` +
            `validation loss ${epoch.validationLoss.toFixed(4)}  accuracy ${(100 * epoch.validationAccuracy).toFixed(2)} %` +
            `${best ? ' (best)' : ''}  ${epoch.seconds.toFixed(0)} s  ${Math.round(clipsPerSecond)} clips/s`,
        );
      },
    });
    await finish(folder, untrained, { options, training, parts, trained }, context);
    await unlink(checkpoint);
  } catch (error) {
    if (!(error instanceof CanceledError) || !(await holdsCheckpoint(checkpoint))) throw error;
    throw new CanceledError(`Canceled. ${checkpoint} keeps the last whole epoch. Add --resume to continue.`);
  } finally {
    await model.close();
  }
}

/** @throws V2SError `training.out` rather than overwrite a model or an unfinished training */
async function requireFreeFolder(folder: string, checkpoint: string, resume: boolean): Promise<void> {
  const unfinished = await holdsCheckpoint(checkpoint);
  if (resume && !unfinished)
    throw new V2SError('training.out', `There is no unfinished training in ${folder} to resume (${CHECKPOINT_FILE}).`);
  if (!resume && unfinished)
    throw new V2SError(
      'training.out',
      `${folder} holds an unfinished training. Add --resume to continue it, or delete ${checkpoint} to start again.`,
    );
  if (!resume && (await holdsModel(folder)))
    throw new V2SError('training.out', `${folder} already holds an acoustic model. Choose another --out or delete it.`);
}

/** What the card says that the architecture does not decide. */
function describe(options: TrainCommand, parts: Parts, wavdir: string): Parameters<typeof openUntrainedModel>[1] {
  const sourceName = options.sourceName ?? basename(resolve(wavdir));
  return {
    formatVersion: 1,
    id: options.id ?? basename(resolve(options.out)),
    title: options.title ?? `${options.architecture} on ${sourceName}`,
    frontEnd: LOG_MEL,
    sourceLabels: parts.train.labels,
    source: {
      name: sourceName,
      license: options.sourceLicense,
      ...(options.citation !== undefined && { citation: options.citation }),
      ...(options.sourceUrl !== undefined && { url: options.sourceUrl }),
      split: parts.split,
    },
    test: null,
    training: {},
    license: options.license,
  };
}

/** Evaluates the chosen weights on the test part, once, and writes the model's folder. */
async function finish(
  folder: string,
  { model, card: draft, topology }: UntrainedModel,
  outcome: { options: TrainCommand; training: TrainingOptions; parts: Parts; trained: TrainedModel },
  context: CliContext,
): Promise<void> {
  const { options, training, parts, trained } = outcome;
  const k = draft.sourceLabels.length;
  const clips = parts.test ? await loadClips(parts.test, draft.frontEnd.samples, context.signal) : null;
  const evaluated = clips ? await evaluateModel(model, clips, context.signal) : null;
  const { history } = trained;
  const rounded = (values: number[], digits: number): number[] => values.map((value) => Number(value.toFixed(digits)));
  const record: TrainingRecord = {
    command: commandLine(process.argv.slice(2)),
    epochs: history.length,
    bestEpoch: trained.bestEpoch,
    seconds: Math.round(history.reduce((sum, { seconds }) => sum + seconds, 0)),
    engine: model.engine,
    options: { ...training },
    clips: {
      train: parts.train.clips.length,
      validation: parts.validation.clips.length,
      test: parts.test?.clips.length ?? 0,
    },
    ...(options.sourceChanges !== undefined && { sourceChanges: options.sourceChanges }),
    ...(options.note !== undefined && { note: options.note }),
    history: {
      trainLoss: rounded(
        history.map((epoch) => epoch.trainLoss),
        4,
      ),
      validationLoss: rounded(
        history.map((epoch) => epoch.validationLoss),
        4,
      ),
      validationAccuracy: rounded(
        history.map((epoch) => epoch.validationAccuracy),
        5,
      ),
    },
  };
  const card = { ...draft, test: evaluated?.scores ?? null, training: { ...record } };
  const written = await writeModelFolder(folder, {
    card,
    weights: trained.weights,
    topology,
    ...(clips && evaluated
      ? { sourceLogits: sampleSourceLogits(evaluated.logits, clips.classes, k, SOURCE_LOGITS_CLIPS, options.seed) }
      : {}),
    readme: modelReadme(card),
  });
  const best = history[trained.bestEpoch - 1];
  const tested = written.test ? `test accuracy ${(100 * written.test.accuracy).toFixed(2)} %` : 'no test part';
  context.result(
    {
      model: folder,
      id: written.id,
      parameters: written.parameters,
      sha256: written.weightsSha256,
      best_epoch: trained.bestEpoch,
      validation: { loss: best.validationLoss, accuracy: best.validationAccuracy },
      test: written.test,
      seconds: record.seconds,
    },
    `${folder}: best epoch ${trained.bestEpoch}, validation accuracy ${(100 * best.validationAccuracy).toFixed(2)} %, ${tested}.`,
  );
}

/** The command line as it can be typed again; --resume and --json do not change the model. */
function commandLine(args: string[]): string {
  const quoted = args
    .filter((arg) => arg !== '--resume' && arg !== '--json')
    .map((arg) => (/^[\w./:=,@%+-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`));
  return ['v2s', ...quoted].join(' ');
}
