/** Variables that the background process and Node need: where programs, libraries, the home and temporary folders are, and the language. */
const KEPT = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TEMP', 'TMP', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'],
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'USERPROFILE', 'HOMEDRIVE', 'HOMEPATH', 'APPDATA', 'LOCALAPPDATA'],
  ...['NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE'],
]); // prettier-ignore

/**
 * The environment of the background process: what it needs and nothing else. Tokens and keys that other programs keep in variables, and
 * options that would make Node load code, are no business of a process that reads files of strangers.
 */
export function workerEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => {
    const upper = name.toUpperCase();
    return KEPT.has(upper) || upper.startsWith('LC_');
  });
  // In the desktop application the executable is Electron, which this variable makes a plain Node.
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: '1' };
}
