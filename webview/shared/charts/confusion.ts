import { interpolateRgb } from 'd3';
import { element } from '../dom';
import { contrast } from '../model/colors';
import { formatPercent } from '../model/format';
import type { Table } from '../model/export-text';
import { t } from '../strings';
import type { Theme } from '../theme';
import { classMark } from './class-marks';

/**
 * Counts of true against predicted classes, shaded by their share of the true class. A real table, so that screen readers read it.
 * @param counts [true][predicted]
 * @param onCell told which cell was pressed
 */
export function confusionTable(
  counts: readonly (readonly number[])[],
  classNames: readonly string[],
  colors: readonly string[],
  theme: Theme,
  onCell?: (truth: number, predicted: number) => void,
): HTMLElement {
  const shade = interpolateRgb(theme.background, theme.accent);
  const head = element(
    'tr',
    {},
    element('th', { scope: 'col', class: 'corner' }, t('true \\ predicted')),
    ...classNames.map((name, index) =>
      element(
        'th',
        { scope: 'col', title: name },
        element('span', { class: 'class-name' }, classMark(index, colors[index], 10), element('span', {}, name)),
      ),
    ),
    element('th', { scope: 'col' }, t('recall')),
  );
  const body = counts.map((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return element(
      'tr',
      {},
      element(
        'th',
        { scope: 'row', title: classNames[truth] },
        element(
          'span',
          { class: 'class-name' },
          classMark(truth, colors[truth], 10),
          element('span', {}, classNames[truth]),
        ),
      ),
      ...row.map((count, predicted) => {
        const share = total > 0 ? count / total : 0;
        const color = shade(0.85 * share);
        const cell = element('td', {
          class: truth === predicted ? 'cell diagonal' : 'cell',
          title: t('{0} predicted as {1}: {2}', classNames[truth], classNames[predicted], count),
        });
        if (onCell && count > 0) {
          const press = element('button', { type: 'button' }, String(count));
          press.addEventListener('click', () => onCell(truth, predicted));
          cell.append(press);
        } else cell.textContent = count === 0 ? '·' : String(count);
        if (count > 0) {
          cell.style.backgroundColor = color;
          cell.style.color =
            contrast(theme.foreground, color) >= contrast(theme.background, color)
              ? theme.foreground
              : theme.background;
        }
        return cell;
      }),
      element('td', { class: 'muted number-cell' }, formatPercent(total > 0 ? row[truth] / total : null)),
    );
  });
  return element(
    'div',
    { class: 'confusion-scroll', tabindex: 0, role: 'region', 'aria-label': t('Confusion matrix') },
    element(
      'table',
      { class: 'confusion' },
      element('caption', { class: 'visually-hidden' }, t('Confusion matrix')),
      element('thead', {}, head),
      element('tbody', {}, ...body),
    ),
  );
}

/** The same counts for a file. */
export function confusionData(counts: readonly (readonly number[])[], classNames: readonly string[]): Table {
  return {
    header: [t('true \\ predicted'), ...classNames],
    rows: counts.map((row, truth) => [classNames[truth], ...row]),
  };
}
