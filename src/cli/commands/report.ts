import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { version } from '../../../package.json';
import { writeReport } from '../../engine/report';
import { PROGRAM_EXTENSION } from '../../engine/reprogram';
import type { CliContext } from '../context';
import { addForceFlag, type OutputFlags } from '../output-flags';
import { shortPath } from '../words';

/** `v2s report RUN [--out FILE]` */
export function register(cli: Command, context: CliContext): void {
  const command = cli
    .command('report')
    .description('write a run as one HTML page that opens anywhere, offline: figures, protocol, settings, checksums')
    .argument('<run>', 'folder of a run (.v2s/runs/..), or a program')
    .option('--out <file>', 'the page to write; default: the name of the run with -report.html, in the working folder');
  addForceFlag(command).action(async (run: string, { out, force }: OutputFlags & { out?: string }) => {
    const file = out ?? `${basename(resolve(run), PROGRAM_EXTENSION)}-report.html`;
    await writeReport({ run, out: file, version, replace: force });
    context.result({ out: resolve(file) }, `Report: ${shortPath(file)}`);
  });
}
