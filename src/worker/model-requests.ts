import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { networkName } from '../engine/acoustic/card';
import { listModels } from '../engine/acoustic/store';
import { throwIfCanceled, V2SError } from '../engine/errors';
import { fileError } from '../engine/files/atomic';
import { PROGRAM_EXTENSION, type Program } from '../engine/reprogram';
import type { Handlers } from '../protocol/rpc';
import type { ProgramListing, WorkerContract } from '../protocol/worker';
import type { Library } from './library';

type ModelRequests = Pick<Handlers<WorkerContract>, 'listModels' | 'listPrograms' | 'readProgram'>;

export function modelRequests(library: Library): ModelRequests {
  return {
    async listModels() {
      const { models, problems } = await listModels(library.modelRoots);
      return {
        models: models.map(({ folder, card }) => ({
          id: card.id,
          title: card.title,
          folder,
          architecture: networkName(card),
          implementation: card.architecture === 'tfjs' ? ('tfjs' as const) : ('fused' as const),
          parameters: card.parameters,
          sourceWords: card.sourceLabels.length,
          sourceData: card.source.name,
          accuracy: card.test?.accuracy ?? null,
        })),
        problems: problems.map(({ message }) => message),
      };
    },

    async listPrograms({ folders }, { signal }) {
      const programs: ProgramListing[] = [];
      for (const path of await programFiles(folders)) {
        throwIfCanceled(signal);
        try {
          programs.push(await describeProgram(await library.program(path), path));
        } catch (error) {
          // A damaged or foreign file says so when it is chosen; in a list it would only be in the way.
          if (!(error instanceof V2SError)) throw error;
        }
      }
      return { programs: programs.sort((a, b) => b.modified - a.modified) };
    },

    async readProgram({ program }) {
      return await describeProgram(await library.program(program), program);
    },
  };
}

async function describeProgram({ description }: Program, path: string): Promise<ProgramListing> {
  const { mtimeMs } = await stat(path);
  const { name, classNames, model, metrics, members, statistics } = description;
  const [{ rendering }] = members;
  return {
    path,
    name,
    classNames,
    model: model.id,
    modified: mtimeMs,
    validationAccuracy: metrics.validation?.accuracy ?? null,
    testAccuracy: metrics.test?.accuracy ?? null,
    slot: rendering.kind === 'replicas' && !rendering.contour ? rendering.placement.slot : statistics!.length,
  };
}

async function programFiles(folders: readonly string[]): Promise<string[]> {
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
  return [...paths];
}
