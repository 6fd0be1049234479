import type { PredictionsView } from '../../src/protocol/panels/predictions';
import { confusionTable } from '../shared/charts/confusion';
import { element } from '../shared/dom';
import { t } from '../shared/strings';
import { themeClassColors, type Theme } from '../shared/theme';
import { nextCell, type Cell } from './predictions-model';

/** The confusion matrix as a filter of the table: a press on a cell shows its series, a second press shows all again. */
export class ConfusionCard {
  readonly element = element('section', { class: 'card confusion-card', 'aria-label': t('Confusion matrix') });
  #counts: readonly (readonly number[])[] = [];
  #table: HTMLTableElement | null = null;
  #chosen: Cell | null = null;

  /** @param onCell told the cell to filter by, null for none */
  constructor(private readonly onCell: (cell: Cell | null) => void) {
    this.element.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** Draws the counts of the whole file; hidden without labels. */
  set({ confusion, classNames }: PredictionsView, theme: Theme): void {
    this.#counts = confusion ?? [];
    this.element.hidden = confusion === null;
    const colors = themeClassColors(theme, classNames.length);
    const matrix = confusionTable(this.#counts, classNames, colors, theme, (truth, predicted) => {
      const isSame = this.#chosen?.truth === truth && this.#chosen.predicted === predicted;
      this.onCell(isSame ? null : { truth, predicted });
    });
    this.#table = matrix.querySelector('table');
    // The rows name the marks; names over the columns are for screen readers, so that the cells can be small.
    for (const name of matrix.querySelectorAll('thead .class-name > span')) name.classList.add('visually-hidden');
    this.element.replaceChildren(
      element('h2', {}, t('Confusion matrix')),
      matrix,
      element('p', { class: 'muted', 'data-picture': 'skip' }, t('Press a cell to show only its series.')),
    );
    this.choose(this.#chosen);
  }

  /** Marks the cell that the table is filtered by. */
  choose(cell: Cell | null): void {
    this.#chosen = cell;
    this.#counts.forEach((row, truth) =>
      row.forEach((_, predicted) => {
        const isChosen = cell?.truth === truth && cell.predicted === predicted;
        this.#button({ truth, predicted })?.setAttribute('aria-pressed', String(isChosen));
      }),
    );
  }

  #button({ truth, predicted }: Cell): HTMLButtonElement | null {
    // The first column holds the names.
    return this.#table?.tBodies[0]?.rows[truth]?.cells[predicted + 1]?.querySelector('button') ?? null;
  }

  #onKey(event: KeyboardEvent): void {
    const cell = (event.target as Element).closest('td');
    const row = cell?.closest('tr');
    if (!cell || !row) return;
    const from = { truth: row.sectionRowIndex, predicted: cell.cellIndex - 1 };
    const next = nextCell(this.#counts, from, event.key);
    if (!event.key.startsWith('Arrow')) return;
    event.preventDefault();
    if (next) this.#button(next)?.focus();
  }
}
