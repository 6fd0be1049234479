import { resolve } from 'node:path';
import { RUN_OPTION_NAMES } from '../../common/run-options';
import { V2SError } from '../errors';
import { readBounded } from '../files/bounded-read';
import { jsonSha256 } from '../files/json';
import { MAX_PROGRAM_BYTES } from '../files/limits';
import type { RunConfig } from './run-config';
import type { NamedRunRequest } from './run-request';

/**
 * A name stands for one run: a line that names it and asks for something else is a mistake, not a run to go on with.
 * @throws V2SError `run.other` with the first thing that differs
 */
export function assertSameRun(config: RunConfig, request: NamedRunRequest): void {
  const { train, test, model, options, threads, out, read } = config;
  const isModel =
    request.model === model.id || request.model === model.named || resolve(request.model) === model.folder;
  const compared: [what: string, was: unknown, same: boolean][] = [
    ['the TRAIN file', train.path, resolve(request.train) === train.path],
    [
      'the TEST file',
      test?.path ?? 'none',
      (request.test === null ? null : resolve(request.test)) === (test?.path ?? null),
    ],
    ['the program', out, resolve(request.out) === out],
    ['the acoustic model', model.id, isModel],
    ['the reading options', JSON.stringify(read), jsonSha256(request.read) === jsonSha256(read)],
    ...RUN_OPTION_NAMES.map((name): (typeof compared)[number] => [
      `the option ${name}`,
      options[name],
      request.options[name] === options[name],
    ]),
    ['the number of threads', threads, request.keepThreads || request.threads === threads],
  ];
  const other = compared.find(([, , same]) => !same);
  if (other)
    throw new V2SError(
      'run.other',
      `A run of this name was started with another value for ${other[0]}: ${String(other[1])}. Repeat that line, or choose another name.`,
    );
}

/** Whether both files are there and hold the same. @throws V2SError `file.*` of the first */
export async function sameBytes(path: string, other: string): Promise<boolean> {
  const limit = { maxBytes: MAX_PROGRAM_BYTES };
  const copy = await readBounded(other, limit).catch((error: unknown) => {
    if (error instanceof V2SError && error.code === 'file.enoent') return null;
    throw error;
  });
  return copy !== null && Buffer.compare(await readBounded(path, limit), copy) === 0;
}
