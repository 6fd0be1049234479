import type { SeriesView } from '../../src/protocol/panels/series';
import { element } from '../shared/dom';
import { factList, noteItems } from '../shared/fact-list';
import { t } from '../shared/strings';

/** How the file was understood, folded away. */
export class FormatDetails {
  readonly #details = element('details', { class: 'format' });

  constructor(open: boolean, onToggle: () => void) {
    this.#details.open = open;
    this.#details.addEventListener('toggle', onToggle);
  }

  get element(): HTMLElement {
    return this.#details;
  }
  get open(): boolean {
    return this.#details.open;
  }

  set({ format, notes }: SeriesView): void {
    this.#details.replaceChildren(
      element('summary', {}, t('How the file was read'), element('span', { class: 'muted' }, noteCount(notes.length))),
      factList(format.map(({ name, value }) => [name, value])),
      element('ul', { class: 'notes' }, ...noteItems(notes)),
    );
  }
}

function noteCount(count: number): string {
  if (count === 0) return '';
  return ` · ${count === 1 ? t('1 note') : t('{0} notes', count)}`;
}
