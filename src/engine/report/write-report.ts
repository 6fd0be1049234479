import { createHash } from 'node:crypto';
import { readBounded } from '../files/bounded-read';
import { writeFileAtomic } from '../files/atomic';
import { MAX_PROGRAM_BYTES } from '../files/limits';
import { assertOutput, type OutputKind } from '../files/outputs';
import { PROGRAM_EXTENSION, decodeProgram } from '../reprogram';
import { readProgramAsRun, readRun, RunFolder } from '../runs';
import { runReport } from './run-report';

const REPORT: OutputKind = { name: 'a report of a run', begins: /^<!doctype html>\s+<!-- V2S run report -->/ };

interface ReportRequest {
  /** folder of a run, or a program file */
  run: string;
  out: string;
  /** of V2S */
  version: string;
  replace?: boolean;
}

/**
 * Writes the report of a run or of a program.
 * @throws V2SError `output.*`, `run.*`, `program.*`, `file.*`
 */
export async function writeReport({ run, out, version, replace }: ReportRequest): Promise<void> {
  const isProgram = run.endsWith(PROGRAM_EXTENSION);
  await assertOutput(out, REPORT, { inputs: [run], replace });
  const record = isProgram ? await readProgramAsRun(run) : await readRun(run, false);
  const file = isProgram ? run : RunFolder.programIn(record.folder);
  const bytes = record.status === 'finished' ? await readBounded(file, { maxBytes: MAX_PROGRAM_BYTES }) : null;
  const text = runReport({
    record,
    program: bytes && decodeProgram(bytes, file),
    programSha256: bytes && createHash('sha256').update(bytes).digest('hex'),
    version,
  });
  await writeFileAtomic(out, text);
}
