import type { PredictionsView } from '../../src/protocol/panels/predictions';
import { seriesCount } from '../shared/counts';
import { button } from '../shared/controls/button';
import { checkbox, select } from '../shared/controls/choices';
import { searchField } from '../shared/controls/inputs';
import { debounced, element } from '../shared/dom';
import { t } from '../shared/strings';
import { hasLabels, type Cell, type PredictionFilter } from './predictions-model';

/** The filter as it is kept over a reload: classes by name, null for any. */
export interface KeptFilter {
  search: string;
  errorsOnly: boolean;
  truth: string | null;
  predicted: string | null;
}

const ANY = 'any';

/** Which predictions are shown: by text, errors alone, true and predicted class. */
export class FilterBar {
  readonly elements: readonly HTMLElement[];
  readonly #search;
  readonly #errorsOnly;
  readonly #truth;
  readonly #predicted;
  readonly #clear;
  readonly #shown = element('span', { class: 'muted', role: 'status' });
  #classNames: readonly string[] = [];

  /**
   * @param restored what was kept; every part may be missing or of another shape
   * @param onChange the filter is another one now
   * @param onClear the person asked for all series again
   */
  constructor(restored: { [K in keyof KeptFilter]?: unknown }, onChange: () => void, onClear: () => void) {
    this.#search = searchField(
      t('Search: class name, #series number, <0.6 for the probability of the prediction'),
      t('Class, #12 or <0.6'),
      typeof restored.search === 'string' ? restored.search : '',
      debounced(onChange, 120),
    );
    const any = [{ value: ANY, text: t('Any') }];
    this.#errorsOnly = checkbox(t('Errors only'), restored.errorsOnly === true, onChange);
    this.#truth = select(t('True'), any, ANY, onChange);
    this.#predicted = select(t('Predicted'), any, ANY, onChange);
    this.#clear = button(t('Clear Filter'), () => {
      this.#search.value = '';
      this.resetChoices();
      onClear();
    });
    const controls = [this.#search, this.#errorsOnly, this.#truth, this.#predicted, this.#clear];
    this.elements = [...controls.map((control) => control.element), this.#shown];
  }

  get filter(): PredictionFilter {
    return {
      search: this.#search.value,
      errorsOnly: this.#errorsOnly.value,
      truth: classIndex(this.#truth.value),
      predicted: classIndex(this.#predicted.value),
    };
  }

  get kept(): KeptFilter {
    const { search, errorsOnly, truth, predicted } = this.filter;
    const nameOf = (kind: number | null): string | null => this.#classNames[kind ?? -1] ?? null;
    return { search, errorsOnly, truth: nameOf(truth), predicted: nameOf(predicted) };
  }

  /** Offers the classes of the file; without labels there are no errors and no true classes. */
  setClasses(data: PredictionsView): void {
    this.#classNames = data.classNames;
    const options = [
      { value: ANY, text: t('Any') },
      ...data.classNames.map((name, kind) => ({ value: String(kind), text: name })),
    ];
    this.#truth.setOptions(options);
    this.#predicted.setOptions(options);
    this.#errorsOnly.element.hidden = !hasLabels(data);
    this.#truth.element.hidden = !hasLabels(data);
  }

  /** Chooses classes by the names that were kept; a name that is no class of the file chooses any. */
  restoreClasses({ truth, predicted }: { truth?: unknown; predicted?: unknown }): void {
    const optionOf = (name: unknown): string => {
      const kind = typeof name === 'string' ? this.#classNames.indexOf(name) : -1;
      return kind >= 0 ? String(kind) : ANY;
    };
    this.#truth.value = optionOf(truth);
    this.#predicted.value = optionOf(predicted);
  }

  /** Shows one cell of the confusion matrix, null for all. */
  chooseCell(cell: Cell | null): void {
    this.#truth.value = cell ? String(cell.truth) : ANY;
    this.#predicted.value = cell ? String(cell.predicted) : ANY;
    if (cell && cell.truth === cell.predicted) this.#errorsOnly.value = false;
  }

  /** Back to any class and to right and wrong predictions; the search stays. */
  resetChoices(): void {
    this.#errorsOnly.value = false;
    this.#truth.value = ANY;
    this.#predicted.value = ANY;
  }

  /** Says how many series are shown of how many. */
  setShown(shown: number, total: number): void {
    const { search, errorsOnly, truth, predicted } = this.filter;
    const isFiltered = search.trim() !== '' || errorsOnly || truth !== null || predicted !== null;
    this.#clear.element.hidden = !isFiltered;
    this.#shown.textContent = isFiltered ? t('{0} of {1} shown', shown, total) : seriesCount(shown);
  }
}

function classIndex(value: string): number | null {
  return value === ANY ? null : Number(value);
}
