import { element, onResize } from '../shared/dom';
import { t } from '../shared/strings';

/** Pixels between controls. */
const GAP = 12;

/** Controls in one row; those without room stand in a menu at its end. */
export class OverflowRow {
  readonly element: HTMLElement;
  readonly #row = element('div', { class: 'overflow-shown' });
  readonly #rest = element('div', { class: 'overflow-rest' });
  readonly #more: HTMLDetailsElement;
  #widths: number[] = [];
  #shown = Infinity;

  /** @param controls the most important first */
  constructor(private readonly controls: readonly HTMLElement[]) {
    this.#row.append(...controls);
    this.#more = element(
      'details',
      { class: 'overflow-more', hidden: true },
      element('summary', { 'aria-label': t('More controls'), title: t('More controls') }, '…'),
      this.#rest,
    );
    this.#more.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.#more.open || event.defaultPrevented) return;
      this.#more.open = false;
      this.#more.querySelector('summary')?.focus();
    });
    this.element = element('div', { class: 'overflow-row' }, this.#row, this.#more);
    onResize(this.element, () => this.fit());
  }

  /** Moves controls between the row and the menu; to be called when their sizes have changed, too. */
  fit(): void {
    const room = this.element.clientWidth;
    if (room === 0) return;
    // Only what stands in the row can be measured; what is in the menu keeps the width it had.
    this.controls.forEach((control, i) => {
      if (control.hidden) this.#widths[i] = 0;
      else if (control.parentElement === this.#row || !this.#widths[i])
        this.#widths[i] = control.offsetWidth || this.#widths[i] || 120;
    });
    const needed = (count: number): number =>
      this.#widths.slice(0, count).reduce((sum, width) => sum + (width > 0 ? width + GAP : 0), 0);
    let count = this.controls.length;
    if (needed(count) > room + GAP) while (count > 1 && needed(count) > room - 32) count--;
    if (count === this.#shown) return;
    this.#shown = count;
    const focused = document.activeElement;
    this.#row.replaceChildren(...this.controls.slice(0, count));
    this.#rest.replaceChildren(...this.controls.slice(count));
    this.#more.hidden = count === this.controls.length;
    if (focused instanceof HTMLElement && this.element.contains(focused)) focused.focus();
  }
}
