import { element } from '../dom';
import { t } from '../strings';
import { classMark } from './class-marks';

/** One class in a legend. */
interface LegendEntry {
  name: string;
  color: string;
  count: number | null;
}

/**
 * Classes with their marks; a click switches a class off or on, a click with Alt (or Shift) shows it alone.
 */
export class Legend {
  readonly element = element('div', { class: 'legend', role: 'group', 'aria-label': t('Classes shown') });
  #entries: readonly LegendEntry[] = [];
  #hidden = new Set<number>();

  /** @param onChange told which class indices are hidden */
  constructor(private readonly onChange: (hidden: ReadonlySet<number>) => void) {}

  get hidden(): ReadonlySet<number> {
    return this.#hidden;
  }

  set(entries: readonly LegendEntry[], hidden: Iterable<number> = this.#hidden): void {
    this.#entries = entries;
    this.#hidden = new Set([...hidden].filter((index) => index < entries.length));
    this.element.replaceChildren(
      ...entries.map((entry, index) => {
        const toggle = element(
          'button',
          { type: 'button', 'aria-pressed': String(!this.#hidden.has(index)), title: entry.name },
          classMark(index, entry.color),
          element('span', {}, entry.name),
          entry.count === null ? null : element('span', { class: 'muted' }, String(entry.count)),
        );
        toggle.addEventListener('click', (event) => this.#toggle(index, event.altKey || event.shiftKey));
        return toggle;
      }),
    );
  }

  #toggle(index: number, alone: boolean): void {
    const all = this.#entries.map((_, i) => i);
    if (alone) {
      const isAlone = this.#hidden.size === all.length - 1 && !this.#hidden.has(index);
      this.#hidden = new Set(isAlone ? [] : all.filter((i) => i !== index));
    } else if (this.#hidden.has(index)) this.#hidden.delete(index);
    else this.#hidden.add(index);
    [...this.element.children].forEach((toggle, i) =>
      toggle.setAttribute('aria-pressed', String(!this.#hidden.has(i))),
    );
    this.onChange(this.#hidden);
  }
}
