import type { EpochPoint } from '../../src/protocol/panels/run';
import { select } from '../shared/controls/choices';
import { t } from '../shared/strings';
import { trainingName } from './epoch-words';
import { trainingsOf, type Training } from './run-model';

const LATEST = 'latest';

/** Which of the trainings of a run is drawn; without a choice, the latest. */
export class TrainingPicker {
  readonly #select;
  #chosen: string | null;

  /** @param chosen key of a training; null follows the training that is under way */
  constructor(chosen: unknown, onChange: () => void) {
    this.#chosen = typeof chosen === 'string' ? chosen : null;
    this.#select = select(t('Training'), [{ value: LATEST, text: t('Latest') }], LATEST, (value) => {
      this.#chosen = value === LATEST ? null : value;
      onChange();
    });
  }

  get element(): HTMLElement {
    return this.#select.element;
  }
  get chosen(): string | null {
    return this.#chosen;
  }

  /** Offers the trainings of these epochs. @returns the one to draw, null without any */
  choose(epochs: readonly EpochPoint[]): Training | null {
    const trainings = trainingsOf(epochs);
    this.#select.setOptions([
      { value: LATEST, text: t('Latest') },
      ...trainings.map((training) => ({ value: training.key, text: trainingName(training) })),
    ]);
    this.#select.element.hidden = trainings.length < 2;
    return trainings.find(({ key }) => key === this.#chosen) ?? trainings.at(-1) ?? null;
  }
}
