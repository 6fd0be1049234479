/**
 * The options of a run, declared once. Schemas, the flags of the command, the settings of VS Code, the messages to the background
 * process and the set-up are made of these declarations; a test holds package.json against them.
 */
interface Declaration<D> {
  /** a noun phrase for lists and input boxes */
  title: string;
  /** one or two sentences for help and settings */
  meaning: string;
  default: D;
}

export interface NumberOption extends Declaration<number> {
  type: 'integer' | 'number';
  min: number;
  max: number;
  /** whether `min` itself is out of range */
  aboveMin?: boolean;
  /** a value between `min` and `max` that means nothing, and why */
  except?: { value: number; why: string };
}

export interface AutoOption extends Declaration<number | 'auto'> {
  type: 'integer-or-auto';
  min: number;
  max: number;
}

export interface FlagOption extends Declaration<boolean> {
  type: 'flag';
}

export interface ChoiceOption<C extends string = string> extends Declaration<C> {
  type: 'choice';
  /** each choice with the words that a person picks it by */
  choices: Readonly<Record<C, string>>;
}

export type OptionDeclaration = NumberOption | AutoOption | FlagOption | ChoiceOption;

const number = (declaration: Omit<NumberOption, 'type'>): NumberOption => ({ type: 'number', ...declaration });
const integer = (declaration: Omit<NumberOption, 'type'>): NumberOption => ({ type: 'integer', ...declaration });
const integerOrAuto = (declaration: Omit<AutoOption, 'type'>): AutoOption => ({
  type: 'integer-or-auto',
  ...declaration,
});
const flag = (declaration: Omit<FlagOption, 'type'>): FlagOption => ({ type: 'flag', ...declaration });
const choice = <C extends string>(
  declaration: Omit<ChoiceOption<C>, 'type' | 'default'> & { default: NoInfer<C> },
): ChoiceOption<C> => ({
  type: 'choice',
  ...declaration,
});

export const RUN_OPTIONS = {
  method: choice({
    title: 'Method',
    meaning:
      'How the program is made. Ensemble: many programs are drawn at random, and one linear mapping from all their source words ' +
      'to the classes is fitted. Theta: the method of the paper, which trains one program by gradient.',
    choices: {
      ensemble: 'Ensemble: many drawn programs under one fitted mapping',
      theta: 'Theta: one program trained by gradient, as in the paper',
    },
    default: 'ensemble',
  }),
  rendering: choice({
    title: 'Rendering',
    meaning:
      'How the series becomes sound for a trained theta. Replicas: the series itself, repeated, as in the paper. Carrier: the ' +
      'series stretched over the second times a trained carrier. Pitch and formant: a sound that the series moves. An ensemble ' +
      'draws the renderings of its members.',
    choices: {
      replicas: 'Replicas: the series itself, as in the paper',
      carrier: 'Carrier: a trained carrier with the series as its amplitude',
      pitch: 'Pitch: a tone that follows the series',
      formant: 'Formant: a voice whose resonances follow the series',
    },
    default: 'replicas',
  }),
  members: integerOrAuto({
    title: 'Members',
    meaning:
      'Number of programs that decide together. With auto, theta trains 1, and an ensemble draws 60 and keeps all of them.',
    min: 1,
    max: 1000,
    default: 'auto',
  }),
  readout: choice({
    title: 'Read-out',
    meaning:
      'What the mapping of an ensemble reads from the speech model. Logits: what it says of every source word, as in the paper. ' +
      'Context and states: what its hidden layers hold, which only models of the attention-RNN family can give; such programs ' +
      'have no saliency maps.',
    choices: {
      logits: 'Logits: the source words, as in the paper',
      context: 'Context: what attention gives to the dense layers',
      states: 'States: the second BiLSTM, averaged over time',
    },
    default: 'logits',
  }),
  epochs: integer({
    title: 'Epochs',
    meaning: 'Number of passes over the training part of TRAIN.',
    min: 1,
    max: 100_000,
    default: 100,
  }),
  batchSize: integer({
    title: 'Batch size',
    meaning: 'Number of series per training step.',
    min: 1,
    max: 4096,
    default: 32,
  }),
  learningRate: number({
    title: 'Learning rate',
    meaning: 'Learning rate of Adam at the first step. It falls to 0 along half a cosine.',
    min: 0,
    aboveMin: true,
    max: 10,
    default: 0.05,
  }),
  weightDecay: number({
    title: 'Weight decay',
    meaning: 'Decoupled weight decay on theta and on the learned mapping.',
    min: 0,
    max: 10,
    default: 0,
  }),
  dropout: number({
    title: 'Dropout',
    meaning: 'Fraction of theta that each training step leaves out.',
    min: 0,
    max: 0.95,
    default: 0,
  }),
  replicas: integerOrAuto({
    title: 'Replicas',
    meaning:
      'How often the series repeats on the one-second clip, at most as many replicas as fit. With auto, validation chooses ' +
      'among 1, 3, 5, 10, 20 and the largest number that fits.',
    min: 1,
    max: 16_000,
    default: 10,
  }),
  mask: flag({
    title: 'Mask',
    meaning: 'Train theta only where the clip holds no series (the mask M of the paper).',
    default: false,
  }),
  mapping: choice({
    title: 'Label mapping',
    meaning:
      'How source words become classes. Random: a seeded random assignment without overlap. Frequency: an assignment by the ' +
      'words that the model recognizes in the series before training. Learned: the random assignment plus a trained linear map.',
    choices: {
      random: 'Random',
      frequency: 'Frequency: by the words that the model recognizes in the series',
      learned: 'Learned: random with a linear map on top',
    },
    default: 'random',
  }),
  wordsPerClass: integerOrAuto({
    title: 'Words per class',
    meaning:
      'Number of source words that stand for each class when theta is trained. With auto, as many as there are for every class.',
    min: 1,
    max: 10_000,
    default: 'auto',
  }),
  augmentation: choice({
    title: 'Augmentation',
    meaning:
      'Changes to the training series while theta is trained. Masks: parts of every other series are set to its mean, so that the ' +
      'maps of a carrier show what the decision rests on. With auto, a carrier gets masks and the other renderings nothing.',
    choices: { auto: 'Auto: masks for a carrier, none otherwise', none: 'None', masks: 'Masks: parts set to the mean' },
    default: 'auto',
  }),
  validation: number({
    title: 'Validation part',
    meaning: 'Fraction of TRAIN that is used to choose the epoch. With 0, V2S keeps the last epoch.',
    min: 0,
    max: 0.9,
    default: 0.1,
  }),
  folds: integer({
    title: 'Folds',
    meaning:
      'Number of folds of the cross-validation that chooses the epoch before training on all of TRAIN. With 0, one validation ' +
      'part is used.',
    min: 0,
    max: 100,
    except: { value: 1, why: 'One fold is not a cross-validation: use 0, or at least 2.' },
    default: 0,
  }),
  patience: integer({
    title: 'Patience',
    meaning:
      'Training stops after this many epochs without an acceptable validation loss. With 0, it never stops early.',
    min: 0,
    max: 100_000,
    default: 0,
  }),
  seed: integer({
    title: 'Seed',
    meaning: 'Seed of all random numbers. The same seed and number of threads give the same program.',
    min: 0,
    max: 2 ** 32 - 1,
    default: 1,
  }),
  kernels: choice({
    title: 'Kernels',
    meaning:
      'How the attention-RNN family is computed. Exact: the same bits on every machine. Fast: with fused multiply-add, whose last ' +
      'bits depend on the processor. With auto, fast where the JavaScript engine can, else exact.',
    choices: {
      exact: 'Exact: the same bits on every machine',
      fast: 'Fast: fused multiply-add, last bits depend on the processor',
      auto: 'Auto: fast where the engine can, else exact',
    },
    default: 'exact',
  }),
  backend: choice({
    title: 'Backend of TensorFlow.js',
    meaning:
      'What computes acoustic models of layers, which the kernels cannot run. Node: the native library of tfjs-node. Wasm: ' +
      'WebAssembly. With auto, node where it is installed, else wasm.',
    choices: {
      auto: 'Auto: tfjs-node where it is installed, else WebAssembly',
      wasm: 'WebAssembly',
      node: 'The native library of tfjs-node',
    },
    default: 'auto',
  }),
};

/** Options of the machine: what computes, not what is computed. */
export const ENGINE_OPTIONS = { kernels: RUN_OPTIONS.kernels, backend: RUN_OPTIONS.backend };

export type RunOptionName = keyof typeof RUN_OPTIONS;
export const RUN_OPTION_NAMES = Object.keys(RUN_OPTIONS) as RunOptionName[];

/** The options as values. */
export type RunOptions = { [N in RunOptionName]: (typeof RUN_OPTIONS)[N]['default'] };
export type EngineOptions = Pick<RunOptions, keyof typeof ENGINE_OPTIONS>;

/**
 * The settings of the paper (section 5.2): Adam at 0.05, batches of 32, 100 epochs, weight decay 0.04, series repeated on the clip and
 * all source words shared out. Drop-out and the number of replicas, which the authors tune for each data set, stay options.
 */
export const PAPER_PRESET = {
  method: 'theta',
  rendering: 'replicas',
  members: 1,
  epochs: 100,
  batchSize: 32,
  learningRate: 0.05,
  weightDecay: 0.04,
  mapping: 'random',
  wordsPerClass: 'auto',
  augmentation: 'none',
} as const satisfies Partial<RunOptions>;

/** The values that an option takes, as one sentence; null when its choices already say so. */
export function rangeSentence(option: OptionDeclaration): string | null {
  switch (option.type) {
    case 'integer':
      return `Expected a whole number from ${option.min} to ${option.max}.`;
    case 'number':
      return option.aboveMin
        ? `Expected a number above ${option.min} and up to ${option.max}.`
        : `Expected a number from ${option.min} to ${option.max}.`;
    case 'integer-or-auto':
      return `Expected auto or a whole number from ${option.min} to ${option.max}.`;
    default:
      return null;
  }
}

/** What a settings page says about an option: its meaning and its range. */
export function optionDescription(option: OptionDeclaration): string {
  return [option.meaning, rangeSentence(option)?.replace('Expected', 'Takes')].filter(Boolean).join(' ');
}
