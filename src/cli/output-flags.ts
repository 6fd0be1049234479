import type { Command } from 'commander';

/** What the flags of a command hold that writes files. */
export interface OutputFlags {
  force?: boolean;
}

/** Adds the flag that agrees to the loss of what lies where a file is written. */
export function addForceFlag(command: Command): Command {
  return command.option(
    '--force',
    'replace an existing file even if it is none that this command writes; never its input',
  );
}
