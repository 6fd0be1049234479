import type { OutputKind } from '../files/outputs';
import { csvCell } from '../reprogram/predictions-csv';
import type { TaskProgress } from './sweep-folder';
import { modelName } from './tasks';

export const RUNS_CSV: OutputKind = { name: 'a CSV file of runs', begins: /^task,data,model,method,seed,/ };

/** One row per run, also of those that are not done; empty cells for what is not known. Seconds are wall-clock time. */
export function runsCsv(progress: readonly TaskProgress[]): string {
  const header = [
    ...['task', 'data', 'model', 'method', 'seed', 'state', 'test_accuracy', 'test_loss', 'train_accuracy'],
    ...['held_out_accuracy', 'members', 'seconds', 'attempts', 'host', 'error'],
  ];
  const rows = progress.map(({ task, state, record }) => {
    const outcome = record?.outcome;
    return [
      ...[task.id, task.data.name, task.model && modelName(task.model), task.method.name, task.seed, state],
      ...[outcome?.test, outcome?.testLoss, outcome?.train, outcome?.heldOut, outcome?.members],
      ...[record && Number(record.seconds.toFixed(3)), record?.attempts, record?.host, record?.error?.message],
    ];
  });
  return [header, ...rows].map((row) => `${row.map((cell) => csvCell(cell ?? '')).join(',')}\r\n`).join('');
}
