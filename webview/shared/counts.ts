import { formatInteger } from './model/format';
import { t } from './strings';

// Each count is a text of its own, because languages do not join a number to a noun in the same way.

export function seriesCount(count: number): string {
  return count === 1 ? t('1 series') : t('{0} series', formatInteger(count));
}

export function valueCount(count: number): string {
  return count === 1 ? t('1 value') : t('{0} values', formatInteger(count));
}

export function classCount(count: number): string {
  return count === 1 ? t('1 class') : t('{0} classes', formatInteger(count));
}
