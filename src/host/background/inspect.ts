/**
 * Environment variable with the port at which a debugger may attach to the background process for trainings; that for viewing has the
 * next one. .vscode/launch.json sets it.
 */
const INSPECT_VARIABLE = 'V2S_INSPECT_WORKER';
const LARGEST_PORT = 65_535;

/** Whether a debugger may attach. */
export function isInspected(environment: NodeJS.ProcessEnv): boolean {
  return Boolean(environment[INSPECT_VARIABLE]);
}

/**
 * Arguments for Node that let a debugger of this machine attach to the background process; none without the variable.
 * @param beyond ports after the one that the variable names
 * @throws RangeError if it is not the number of a port
 */
export function inspectArguments(environment: NodeJS.ProcessEnv, beyond = 0): string[] {
  const value = environment[INSPECT_VARIABLE];
  if (!value) return [];
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > LARGEST_PORT)
    throw new RangeError(`${INSPECT_VARIABLE} must be a port from 1 to ${LARGEST_PORT}, not "${value}".`);
  return [`--inspect=127.0.0.1:${Math.min(LARGEST_PORT, port + beyond)}`];
}
