import type { Command } from 'commander';
import { ENGINE_OPTIONS, type EngineOptions } from '../common/run-options';
import type { AcousticModel } from '../engine/acoustic/model';
import { openAcousticModel } from '../engine/acoustic/open-model';
import { findModelFolder, readModelFolder, type ModelFolder } from '../engine/acoustic/store';
import {
  assertModelOf,
  fileFacts,
  findProgramModel,
  fitOf,
  programFacts,
  readForProgram,
  readProgram,
  type Program,
} from '../engine/reprogram';
import type { SeriesDataset } from '../engine/series';
import { threadsOption } from './commands/models-options';
import { modelRoots, type CliContext } from './context';
import { addOptionFlags } from './option-flags';
import { readOptionsOf, type ReadFlags } from './read-flags';

/** What the flags of a command hold that works with a trained program. */
export interface ProgramFlags extends EngineOptions {
  program: string;
  model?: string;
  threads: number;
}

/** Adds the flags that name a program and the acoustic model it needs. */
export function addProgramFlags(command: Command): Command {
  command
    .requiredOption('--program <file>', 'program made by `v2s reprogram`')
    .option('--model <id|folder>', 'acoustic model to use if the program does not find its own')
    .addOption(threadsOption());
  addOptionFlags(command, ENGINE_OPTIONS);
  return command;
}

export interface OpenProgram {
  program: Program;
  model: AcousticModel;
  /** the acoustic model as its folder holds it */
  stored: ModelFolder;
}

/** Reads the program, opens the acoustic model it was trained through, and closes the model after the work. */
export async function withProgram<T>(flags: ProgramFlags, work: (open: OpenProgram) => Promise<T>): Promise<T> {
  const program = await readProgram(flags.program);
  const folder = flags.model
    ? await findModelFolder(flags.model, modelRoots())
    : await findProgramModel(program, modelRoots(), { programPath: flags.program, workingFolder: process.cwd() });
  const stored = await readModelFolder(folder);
  assertModelOf(program, stored.card);
  const { threads, kernels, backend } = flags;
  const model = await openAcousticModel(stored, { threads, kernels, backend });
  try {
    return await work({ program, model, stored });
  } finally {
    await model.close();
  }
}

export interface OpenProgramAndData extends OpenProgram {
  dataset: SeriesDataset;
}

/**
 * As `withProgram`, with a file that is read as TRAIN of the program was. In what it differs from the data of the program is said before
 * anything is computed with it.
 */
export async function withProgramAndData<T>(
  context: CliContext,
  flags: ProgramFlags & ReadFlags,
  file: string,
  work: (open: OpenProgramAndData) => Promise<T>,
): Promise<T> {
  return await withProgram(flags, async (open) => {
    const dataset = await readForProgram(file, open.program, { ...readOptionsOf(flags), signal: context.signal });
    tellFit(context, open.program, dataset);
    return await work({ ...open, dataset });
  });
}

/** Says in what the file differs from the data that the program was made with, before anything is computed with it. */
function tellFit(context: CliContext, { description }: Program, dataset: SeriesDataset): void {
  for (const { kind, message } of fitOf(programFacts(description), fileFacts(dataset)).findings) {
    context.event('note', { message, fit: kind });
    context.say(`Note: ${message}`);
  }
}
