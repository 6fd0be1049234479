import { SeriesFileError, shown } from './series-error';

const PAIR = /\s*\(([^()]*),([^(),]*)\)\s*(,|$)/y;
/** Relative deviation of a step from the first one that still counts as even sampling (stamps are rounded). */
const EVEN = 1e-3;

/**
 * Time-stamped values, (stamp,value) with a number or a date as the stamp. The values are used in their order; stamps must rise,
 * and uneven ones are reported, since the series is then not sampled at a constant rate.
 */
export class TimeStamps {
  #uneven = 0;
  #firstUneven = 0;

  constructor(readonly file: string) {}

  /**
   * Takes a channel apart.
   * @param column of its first pair, from 1
   * @param value receives each value's text and its column
   * @throws SeriesFileError `series.time-stamp`
   */
  read(text: string, row: number, column: number, value: (cell: string, column: number) => void): void {
    let last = -Infinity;
    let step = 0;
    let even = true;
    let more = true;
    PAIR.lastIndex = 0;
    for (let index = 0; more; index++, column++) {
      const at = PAIR.lastIndex;
      const match = PAIR.exec(text);
      if (!match) throw this.#error(row, column, 'a value with its time stamp, as "(stamp,value)"', text.slice(at));
      const stamp = stampOf(match[1]);
      if (!Number.isFinite(stamp)) throw this.#error(row, column, 'a number or a date as time stamp', match[1]);
      if (!(stamp > last)) throw this.#error(row, column, 'a time stamp later than the one before', match[1]);
      if (index === 1) step = stamp - last;
      if (index > 1 && Math.abs(stamp - last - step) > EVEN * step) even = false;
      last = stamp;
      value(match[2], column);
      more = match[3] === ',';
    }
    if (!even && this.#uneven++ === 0) this.#firstUneven = row;
  }

  notes(): string[] {
    if (this.#uneven === 0) return [];
    return [
      `Time stamps are not evenly spaced (${this.#uneven} series, first in row ${this.#firstUneven}). The values were read in their order.`,
    ];
  }

  #error(row: number, column: number, expected: string, found: string): SeriesFileError {
    return new SeriesFileError(
      'series.time-stamp',
      { file: this.file, row, column },
      `expected ${expected}, found ${shown(found)}.`,
    );
  }
}

/** A number, or milliseconds of a date; dates without zone count as UTC. */
function stampOf(text: string): number {
  const trimmed = text.trim();
  if (/^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed);
  const iso = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(trimmed);
  if (!iso) return Number.NaN;
  const [, date, time = '00:00', zone = 'Z'] = iso;
  return Date.parse(`${date}T${time}${zone.replace(/(\d{2})(\d{2})$/, '$1:$2').toUpperCase()}`);
}
