import type { SaliencyView } from '../../src/protocol/panels/saliency';
import { classMark } from '../shared/charts/class-marks';
import { element } from '../shared/dom';
import { formatPercent } from '../shared/model/format';
import { t } from '../shared/strings';
import { themeClassColors, type Theme } from '../shared/theme';

/** Classes that are shown; the others have smaller probabilities. */
const MAX_BARS = 12;

/** The probability of every class as a bar; pressing one explains that class. */
export class ClassBars {
  readonly element = element('div', { class: 'class-bars', role: 'group', 'aria-label': t('Class probabilities') });
  #shown: { data: SaliencyView; theme: Theme } | null = null;
  #changed: ArrayLike<number> | null = null;

  constructor(private readonly onClass: (name: string) => void) {}

  set(data: SaliencyView, theme: Theme): void {
    this.#shown = { data, theme };
    this.#draw();
  }

  /** Shows the probabilities of the changed series beside those of the series; null: it is not changed. */
  setChanged(probabilities: ArrayLike<number> | null): void {
    this.#changed = probabilities;
    this.#draw();
  }

  #draw(): void {
    if (!this.#shown) return;
    const { data, theme } = this.#shown;
    const { classNames, probabilities, target, truth } = data;
    const colors = themeClassColors(theme, classNames.length);
    const focused = [...this.element.children].indexOf(document.activeElement as HTMLElement);
    const order = classNames.map((_, c) => c).sort((a, b) => probabilities[b] - probabilities[a] || a - b);
    this.element.replaceChildren(
      ...order.slice(0, MAX_BARS).map((c) => {
        const name = classNames[c];
        const own = formatPercent(probabilities[c]);
        const changed = this.#changed ? formatPercent(this.#changed[c]) : null;
        const made = element(
          'button',
          {
            type: 'button',
            class: 'class-bar',
            'aria-pressed': String(name === target),
            title: t('Explain {0}', name),
          },
          element(
            'span',
            { class: 'class-bar-name' },
            classMark(c, colors[c]),
            element('span', {}, name),
            name === truth ? element('span', { class: 'muted' }, t('(label)')) : null,
          ),
          element(
            'span',
            { class: 'class-bar-track', 'aria-hidden': 'true' },
            bar(probabilities[c], colors[c], ''),
            this.#changed ? bar(this.#changed[c], colors[c], ' changed') : null,
          ),
          element('span', { class: 'class-bar-value' }, changed === null ? own : `${own} → ${changed}`),
        );
        made.addEventListener('click', () => this.onClass(name));
        return made;
      }),
    );
    if (focused >= 0) (this.element.children[focused] as HTMLElement | undefined)?.focus();
  }
}

function bar(share: number, color: string, kind: string): HTMLElement {
  const made = element('span', { class: `class-bar-fill${kind}` });
  made.style.width = `${(100 * share).toFixed(1)}%`;
  made.style.background = color;
  return made;
}
