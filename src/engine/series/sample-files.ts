import { cylinderBellFunnel, syntheticControl, type GeneratedSeries } from './generators';

/** Decimals of a written value; the series have standard deviation 1. */
const DECIMALS = 5;

export interface SampleFile {
  /** path inside the samples folder, with "/" */
  path: string;
  text: string;
}

/** A label as a cell, in quotes where the table needs them. */
function quoted(label: string, delimiter: string): string {
  return /["\r\n]/.test(label) || label.includes(delimiter) ? `"${label.replaceAll('"', '""')}"` : label;
}

/** A table with the label first; `header` is the name of the label column, or null for no header. */
function table(series: readonly GeneratedSeries[], delimiter: string, header: string | null): string {
  const rows = series.map(({ label, values }) =>
    [quoted(label, delimiter), ...Array.from(values, (value) => value.toFixed(DECIMALS))].join(delimiter),
  );
  if (header !== null) rows.unshift([header, ...Array.from(series[0].values, (_, i) => `t${i + 1}`)].join(delimiter));
  return `${rows.join('\n')}\n`;
}

/** The sample data sets of this repository, one in each of two formats; `npm run samples` writes them. */
export function sampleFiles(): SampleFile[] {
  const control = (seed: number): string => table(syntheticControl({ perClass: 50, seed }), ',', 'class');
  const cbf = (perClass: number, seed: number): string => table(cylinderBellFunnel({ perClass, seed }), '\t', null);
  return [
    { path: 'SyntheticControl/SyntheticControl_TRAIN.csv', text: control(1999) },
    { path: 'SyntheticControl/SyntheticControl_TEST.csv', text: control(2000) },
    { path: 'CBF/CBF_TRAIN.tsv', text: cbf(10, 1994) },
    { path: 'CBF/CBF_TEST.tsv', text: cbf(100, 1995) },
  ];
}
