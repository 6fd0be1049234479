import { availableParallelism, totalmem } from 'node:os';
import type { Command } from 'commander';
import { version } from '../../../package.json';
import { examineEngines, type EngineState, type Engines } from '../../engine/acoustic/examine-engines';
import { listModels, readModelFolder, type ModelFolder } from '../../engine/acoustic/store';
import { V2SError } from '../../engine/errors';
import { DEFAULT_MODEL, modelRoots, type CliContext } from '../context';
import { table } from '../words';
import { threadsOption } from './models-options';

const NAMES: Record<keyof Engines, string> = {
  exact: '--kernels exact',
  fast: '--kernels fast',
  node: '--backend node',
  wasm: '--backend wasm',
};

/** What to do about an engine that does not run. */
const REMEDIES: Partial<Record<keyof Engines, string>> = {
  exact: 'Install Node 20, 22 or 24.',
  fast: 'Use --kernels exact, or install Node 22 or later.',
  node: 'To install it: npm install @tensorflow/tfjs-node (Linux without its download: scripts/tfjs-node-from-wheel.sh FOLDER).',
};

/** `v2s doctor` */
export function register(cli: Command, context: CliContext): void {
  cli
    .command('doctor')
    .description(
      'try everything that computes acoustic models on this machine, and say what runs, how fast, and why not',
    )
    .addOption(threadsOption())
    .action((flags: { threads: number }) => run(flags, context));
}

async function run({ threads }: { threads: number }, context: CliContext): Promise<void> {
  context.say('Trying the kernels and TensorFlow.js.');
  const { models, problems } = await listModels(modelRoots());
  const engines = await examineEngines(await timedModel(models), threads);
  const entries = Object.entries(engines) as [keyof Engines, EngineState][];
  const machine = {
    version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processors: availableParallelism(),
    memory: totalmem(),
  };
  const data = {
    ...machine,
    engines: Object.fromEntries(
      entries.map(([name, state]) => [name, state.runs ? state : { ...state, remedy: REMEDIES[name] ?? null }]),
    ),
    models: models.map(({ card, folder }) => ({ id: card.id, folder })),
    problems: problems.map(({ code, message }) => ({ code, message })),
  };
  const rows = entries.map(([name, state]) => [NAMES[name], ...told(state)]);
  const advice = entries.flatMap(([name, state]) =>
    state.runs ? [] : [`${NAMES[name]}: ${state.reason} ${REMEDIES[name] ?? ''}`.trim()],
  );
  const gigabytes = (machine.memory / 2 ** 30).toFixed(0);
  context.result(
    data,
    [
      `v2s ${version}, Node ${machine.node}, ${machine.platform}, ${machine.processors} processors, ${gigabytes} GB`,
      '',
      table([['', 'runs', 'engine', 'series a second'], ...rows]),
      ...(advice.length > 0 ? ['', ...advice] : []),
      '',
      `Acoustic models: ${models.map(({ card }) => card.id).join(', ') || 'none'}`,
      ...problems.map(({ message }) => message),
    ].join('\n'),
  );
  if (!engines.exact.runs)
    throw new V2SError('kernels.unsupported', `The kernels do not run here. ${engines.exact.reason}`);
}

function told(state: EngineState): string[] {
  if (!state.runs) return ['no', '', ''];
  return ['yes', state.engine, state.clipsPerSecond === null ? '' : state.clipsPerSecond.toFixed(0)];
}

/** The default model, else any that the kernels run; null without one. */
async function timedModel(
  models: { folder: string; card: { id: string; architecture: string } }[],
): Promise<ModelFolder | null> {
  const runnable = models.filter(({ card }) => card.architecture !== 'tfjs');
  const chosen = runnable.find(({ card }) => card.id === DEFAULT_MODEL) ?? runnable.at(0);
  return chosen ? await readModelFolder(chosen.folder) : null;
}
