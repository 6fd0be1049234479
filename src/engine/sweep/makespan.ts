import type { TaskProgress } from './sweep-folder';

/** Seconds that each task takes: as recorded, or as those did that are most like it. */
export interface Durations {
  /** [tasks] */
  seconds: number[];
  /** how many of them were recorded */
  recorded: number;
}

/** @returns null while no task is done */
export function durationsOf(progress: readonly TaskProgress[]): Durations | null {
  const groups = new Map<string, { sum: number; count: number }>();
  let recorded = 0;
  for (const entry of progress) {
    if (entry.record?.state !== 'done') continue;
    recorded++;
    for (const key of likenesses(entry)) {
      const group = groups.get(key) ?? { sum: 0, count: 0 };
      groups.set(key, { sum: group.sum + entry.record.seconds, count: group.count + 1 });
    }
  }
  if (recorded === 0) return null;
  const seconds = progress.map((entry) => {
    if (entry.record?.state === 'done') return entry.record.seconds;
    const { sum, count } = likenesses(entry)
      .map((key) => groups.get(key))
      .find((group) => group !== undefined)!;
    return sum / count;
  });
  return { seconds, recorded };
}

/** From the most alike, another seed of the same, to any task. */
function likenesses({ task: { data, model, method } }: TaskProgress): string[] {
  return [[data.name, model, method.name], [data.name, method.name], [model, method.name], [method.name], []].map(
    (key, level) => JSON.stringify([level, ...key]),
  );
}

/**
 * When the last task ends if each free slot takes the next task of the list, as a job array does.
 * @param seconds of the tasks, in order
 * @param slots tasks that run at once
 */
export function makespan(seconds: readonly number[], slots: number): number {
  const free = new Array<number>(Math.max(1, Math.min(slots, seconds.length))).fill(0);
  for (const length of seconds) {
    let first = 0;
    for (let slot = 1; slot < free.length; slot++) if (free[slot] < free[first]) first = slot;
    free[first] += length;
  }
  return Math.max(...free);
}
