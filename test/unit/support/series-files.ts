import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { SeriesFileError, type SeriesDataset } from '../../../src/engine/series';

/** A folder for one test, removed after it; the function writes a file into it and gives its path. */
export async function scratch(
  t: TestContext,
): Promise<(name: string, content: string | Uint8Array) => Promise<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'v2s-series-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return async (name, content) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
}

/** A folder of the shared data, or null after marking the test as skipped. */
export function sharedData(t: TestContext, name: string): string | null {
  const path = resolve(process.cwd(), '../shared/data', name);
  if (existsSync(path)) return path;
  t.skip(`../shared/data/${name} not present`);
  return null;
}

/** The series error a promise ends in; any other outcome fails. */
export async function seriesError(promise: Promise<unknown>): Promise<SeriesFileError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof SeriesFileError) return error;
    throw error;
  }
  throw new Error('expected an error, but the file was accepted');
}

/** How a `.tsv` of the archive is understood. */
export const TSV_FORMAT: SeriesDataset['format'] = {
  kind: 'tsv',
  encoding: 'utf-8',
  delimiter: '\t',
  decimal: '.',
  header: false,
  columnNames: null,
  labels: 'first',
  labelColumn: 1,
  ignoredColumns: [],
  valueColumns: null,
  missing: [],
  channel: 1,
  channels: 1,
  channelNames: null,
  timeStamps: false,
};
