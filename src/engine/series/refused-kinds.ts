import { contentExtension } from './names';
import { SeriesFileError } from './series-error';
import type { ReadOptions } from './types';

const RECORDING = 'it is one long recording, while V2S classifies many short series';

/** Kinds of files that are known but not read, by extension: what they are, and the way round it. */
const REFUSED: Record<string, string> = {
  '.edf': `an EDF file is not read: ${RECORDING}. Cut it into series, for example with MNE-Python (mne.make_fixed_length_epochs), and save them as X.npy and y.npy.`,
  '.bdf': `a BDF file is not read: ${RECORDING}. Cut it into series, for example with MNE-Python (mne.make_fixed_length_epochs), and save them as X.npy and y.npy.`,
  '.hea': `a WFDB record (.hea with .dat) is not read: ${RECORDING}. Cut it into beats or pieces, for example with the Python package wfdb (wfdb.rdrecord), and save them as X.npy and y.npy.`,
  '.xlsx': 'an Excel workbook is not read. Export the sheet as CSV.',
  '.xls': 'an Excel workbook is not read. Export the sheet as CSV.',
  '.pkl':
    'a pickle is not read, because opening one can run any program. Save the arrays with numpy.save as X.npy and y.npy.',
  '.pickle':
    'a pickle is not read, because opening one can run any program. Save the arrays with numpy.save as X.npy and y.npy.',
  '.feather': 'a Feather file is not read. Save the table as CSV.',
};

/** @throws SeriesFileError `series.unsupported` for a kind of file that is known but not read */
export function refuseByName(file: string, { kind }: ReadOptions): void {
  const problem = kind === undefined || kind === 'auto' ? REFUSED[contentExtension(file).toLowerCase()] : undefined;
  if (problem !== undefined) throw new SeriesFileError('series.unsupported', { file }, problem);
}
