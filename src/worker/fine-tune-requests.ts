import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { holdsModel } from '../engine/acoustic/store';
import { holdsFineTuneCheckpoint, parseFineTuneOptions } from '../engine/baselines';
import { V2SError } from '../engine/errors';
import { fileFacts, findProgramModel, type Program } from '../engine/reprogram';
import { FineTuning } from '../engine/runs';
import { optionsFrom } from '../engine/series';
import type { Handlers } from '../protocol/rpc';
import type { WorkerContract } from '../protocol/worker';
import type { Library } from './library';

type FineTuneRequests = Pick<Handlers<WorkerContract>, 'fineTune'>;

export function fineTuneRequests(library: Library): FineTuneRequests {
  return {
    async fineTune({ file, program: path }, { signal, progress }) {
      const program = await library.program(path);
      if (!library.trusted)
        throw new V2SError('workspace.untrusted', 'Trust the workspace to fine-tune an acoustic model in it.');
      const { name, data, read: understood } = program.description;
      // The same columns and labels as the program has learned from.
      const read = understood ? optionsFrom(understood) : {};
      const folders = [dirname(file), dirname(path)];
      const train = await trainOf(program, folders);
      const { sha256 } = fileFacts(await library.datasetFor(program, train, {}, { signal }));
      if (sha256 !== data.train.sha256)
        throw new V2SError(
          'finetune.train',
          `${train} is not as it was when the program for ${name} was trained, so the two could not be compared. Restore the file, or ` +
            'reprogram again.',
        );
      const place = { programPath: path, workingFolder: dirname(path) };
      const request = {
        train,
        test: data.test && (await beside(data.test.file, folders)),
        read,
        model: await findProgramModel(program, library.modelRoots, place),
        modelRoots: library.modelRoots,
        options: parseFineTuneOptions(),
        threads: library.threads,
        out: join(dirname(path), `${name}-fine-tuned`),
      };
      const tuning = await prepared(request, signal);
      try {
        const { test } = await tuning.execute({
          signal,
          onEpoch: ({ epoch, epochs }) => progress({ done: epoch, total: epochs }),
        });
        return { folder: tuning.folder, testAccuracy: test?.accuracy ?? null };
      } finally {
        await tuning.release();
      }
    },
  };
}

type Request = Omit<Parameters<typeof FineTuning.prepare>[0], 'resume'>;

/** A fine-tuning that was canceled before goes on from its checkpoint. */
async function prepared(request: Request, signal: AbortSignal): Promise<FineTuning> {
  const resume = await holdsFineTuneCheckpoint(join(request.out, 'checkpoint.safetensors'));
  if (!resume && (await holdsModel(request.out)))
    throw new V2SError(
      'finetune.out',
      `${request.out} already holds a fine-tuned model. To fine-tune again, delete that folder.`,
    );
  return await FineTuning.prepare({ ...request, resume }, signal);
}

/** TRAIN of a program beside the series or beside the program. @throws V2SError `finetune.train` */
async function trainOf({ description: { name, data } }: Program, folders: readonly string[]): Promise<string> {
  const train = await beside(data.train.file, folders);
  if (train !== null) return train;
  throw new V2SError(
    'finetune.train',
    `Fine-tuning needs ${data.train.file}, with which the program for ${name} was trained. Put it beside the program.`,
  );
}

async function beside(name: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) if (await exists(join(folder, name))) return join(folder, name);
  return null;
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
