import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readModelCard } from '../engine/acoustic/store';
import { throwIfCanceled, V2SError } from '../engine/errors';
import { fileError } from '../engine/files/atomic';
import {
  assertModelOf,
  chooseProgram,
  dataSetsOf,
  fileFacts,
  fitOf,
  isOfDataOf,
  PROGRAM_EXTENSION,
  programFacts,
  type FileFacts,
  type Program,
} from '../engine/reprogram';
import { datasetName, SeriesFileError } from '../engine/series';
import type { ProgramListing } from '../protocol/program-choice';
import type { Handlers } from '../protocol/rpc';
import type { SeriesFile, WorkerContract } from '../protocol/worker';
import type { Library } from './library';

type ProgramRequests = Pick<Handlers<WorkerContract>, 'chooseProgram' | 'listDataSets' | 'fitProgram' | 'checkModelOf'>;

export function programRequests(library: Library): ProgramRequests {
  /** A program for a list; null for a file that is none: when it is chosen it says so, in a list it would only be in the way. */
  async function listed(path: string) {
    try {
      const program = await library.program(path);
      const listing = await describeProgram(program, path);
      const facts = programFacts(program.description);
      return { path, modified: listing.modified, facts, file: undefined as FileFacts | undefined, listing };
    } catch (error) {
      if (error instanceof V2SError) return null;
      throw error;
    }
  }

  async function allListed(paths: Iterable<string>, signal: AbortSignal) {
    const programs: NonNullable<Awaited<ReturnType<typeof listed>>>[] = [];
    for (const path of paths) {
      throwIfCanceled(signal);
      const program = await listed(path);
      if (program) programs.push(program);
    }
    return programs;
  }

  /** As the file is read by itself. */
  async function factsOf({ file, read }: SeriesFile, signal: AbortSignal): Promise<FileFacts> {
    try {
      return fileFacts(await library.dataset(file, read, { signal }));
    } catch (error) {
      if (!(error instanceof SeriesFileError)) throw error;
      // It cannot be read without being told how; its content as a whole and its name still tell whose it is.
      return { file, name: datasetName(file), sha256: await sha256Of(file, signal), content: null };
    }
  }

  /** As the file is read for a program. */
  async function factsFor(program: Program, { file, read }: SeriesFile, signal: AbortSignal): Promise<FileFacts> {
    try {
      return fileFacts(await library.datasetFor(program, file, read, { signal }));
    } catch (error) {
      if (!(error instanceof SeriesFileError)) throw error;
      // It is unlike TRAIN; in what, its own reading tells.
      return await factsOf({ file, read }, signal);
    }
  }

  return {
    async chooseProgram({ folders, chosen, ...file }, { signal }) {
      const paths = await programFiles(folders);
      if (chosen !== null) paths.add(chosen);
      const programs = await allListed(paths, signal);
      // Where there is no program, a large file need not be read.
      if (programs.length === 0) return { program: null, why: null, candidates: [] };
      const own = await factsOf(file, signal);
      // A program of this data set tells how the file is to be read, so that a file of one class is no riddle.
      for (const program of programs)
        if (program.path === chosen || isOfDataOf(program.facts, own))
          program.file = await factsFor(await library.program(program.path), file, signal);
      const { program, why, candidates } = chooseProgram(own, programs, chosen);
      return {
        program: program?.listing ?? null,
        why,
        candidates: candidates.map(({ program: { listing }, ...rest }) => ({ program: listing, ...rest })),
      };
    },

    async listDataSets({ files, programs: paths }, { signal }) {
      const programs = await allListed(paths, signal);
      const { dataSets, others } = dataSetsOf(files, programs);
      const listings = (some: typeof programs): ProgramListing[] => some.map(({ listing }) => listing);
      return {
        dataSets: dataSets.map((set) => ({ ...set, programs: listings(set.programs) })),
        others: listings(others),
      };
    },

    async fitProgram({ program: path, ...file }, { signal }) {
      const program = await library.program(path);
      const fit = fitOf(programFacts(program.description), await factsFor(program, file, signal));
      return { program: await describeProgram(program, path), fit };
    },

    async checkModelOf({ program, folder }) {
      assertModelOf(await library.program(program), await readModelCard(folder));
      return {};
    },
  };
}

async function describeProgram({ description }: Program, path: string): Promise<ProgramListing> {
  const { mtimeMs } = await stat(path);
  const { model, metrics } = description;
  const { name, classNames, longest } = programFacts(description);
  return {
    path,
    name,
    classNames: [...classNames],
    model: model.id,
    modified: mtimeMs,
    validationAccuracy: metrics.validation?.accuracy ?? null,
    testAccuracy: metrics.test?.accuracy ?? null,
    longest,
  };
}

async function programFiles(folders: readonly string[]): Promise<Set<string>> {
  const paths = new Set<string>();
  for (const folder of folders) {
    let names: string[];
    try {
      names = await readdir(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      throw fileError(error, folder, 'list the programs in');
    }
    for (const name of names) if (name.endsWith(PROGRAM_EXTENSION)) paths.add(join(folder, name));
  }
  return paths;
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash, { signal });
  } catch (error) {
    throwIfCanceled(signal);
    throw fileError(error, path, 'read');
  }
  return hash.digest('hex');
}
