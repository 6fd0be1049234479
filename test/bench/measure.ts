/** Milliseconds of `runs` calls after one warm-up, ascending. */
export async function timed(runs: number, work: () => Promise<unknown> | unknown): Promise<number[]> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}

export const median = (sorted: number[]): number => sorted[Math.floor(sorted.length / 2)];

/** A line of the report: name, figure with unit, remark. */
export function line(name: string, figure: string, remark = ''): void {
  console.log(`${name.padEnd(46)} ${figure.padStart(16)}   ${remark}`);
}

export function heading(text: string): void {
  console.log(`\n${text}`);
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
