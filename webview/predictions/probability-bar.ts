import { element } from '../shared/dom';
import { formatPercent } from '../shared/model/format';

/** A probability 0..1 as a bar and a number; the number is what screen readers read. @param text instead of the percentage */
export function probabilityBar(probability: number, color: string, text = formatPercent(probability)): HTMLElement {
  const fill = element('span', { class: 'bar-fill' });
  fill.style.width = `${100 * Math.max(0, Math.min(1, probability))}%`;
  fill.style.backgroundColor = color;
  return element(
    'span',
    { class: 'probability' },
    element('span', { class: 'bar-track', 'aria-hidden': 'true' }, fill),
    element('span', { class: 'bar-number' }, text),
  );
}
