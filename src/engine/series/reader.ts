import type { Line } from './sniff';
import type { ReadFormat } from './types';

/** A reader of one file format: takes the lines one by one and hands finished series to its builder. */
export interface SeriesReader {
  /** how the file is understood; complete after the first series */
  format(): Omit<ReadFormat, 'encoding'>;
  /** @throws SeriesFileError naming row, column, what was expected and what was found */
  line(text: string, row: number): void;
  /**
   * End of the file.
   * @param terminated whether the last line had a line end
   * @throws SeriesFileError when something is unfinished or missing
   */
  finish(terminated: boolean): void;
  /** assumptions made and oddities met, as sentences */
  notes(): string[];
  /** the cells of a line that holds a series, for showing it; null for other lines */
  cells(line: Line): string[] | null;
}
