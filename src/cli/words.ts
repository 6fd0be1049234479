import { basename, relative } from 'node:path';
import { shellWord as quoted } from '../engine/shell-word';

/** `v2s` as it was called, so that a printed command can be pasted: `v2s`, or `node dist/v2s.js` from a checkout. */
export function invocation(script: string = process.argv[1]): string {
  return basename(script) === 'v2s.js' ? `node ${shellWord(relative(process.cwd(), script))}` : 'v2s';
}

/** A word of a command line, quoted where a shell would take it apart. */
export function shellWord(text: string): string {
  return quoted(text, process.platform);
}

/** `87.3 %` */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

/** `1:05` or `2:01:05` from seconds. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A path as a person would type it: relative to the working folder where that is shorter. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short !== '' && short.length < path.length ? short : path;
}

/** Columns padded to their widest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
