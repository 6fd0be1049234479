import { basename } from 'node:path';
import { V2SError } from '../engine/errors';
import { PROGRAM_EXTENSION } from '../engine/reprogram';
import { locateData } from '../engine/reprogram/locate-data';
import { RunFolder } from '../engine/runs';
import type { Handlers } from '../protocol/rpc';
import type { WorkerContract } from '../protocol/worker';
import type { Library } from './library';

/** Finds what a program was made from where it has moved to. */
export function locateRequests(library: Library): Pick<Handlers<WorkerContract>, 'locateData'> {
  /** Content and name of TRAIN or TEST as a run folder or a program has them. */
  async function dataOf(of: string, part: 'train' | 'test') {
    if (!of.endsWith(PROGRAM_EXTENSION)) {
      const data = (await RunFolder.open(of)).config[part];
      return data && { sha256: data.sha256, name: basename(data.path) };
    }
    const data = (await library.program(of)).description.data[part];
    return data && { sha256: data.sha256, name: data.file };
  }

  return {
    async locateData({ of, part, place }, { signal }) {
      const wanted = await dataOf(of, part);
      if (!wanted) throw new V2SError('program.data', `${of} was made without a test file.`);
      return { file: await locateData(place, wanted, signal) };
    },
  };
}
