import type { RunRecord } from '../../src/protocol/panels/run';
import { element } from '../shared/dom';
import { t } from '../shared/strings';
import { isEnsemble } from './run-model';
import { ThetaChart } from './theta-chart';

/** The waveform that the run trains, as far as it is. */
export class ThetaSection {
  readonly #title = element('h2', {});
  readonly #missing = element(
    'p',
    { class: 'muted' },
    t('The waveform that is added to every series appears with the first checkpoint.'),
  );
  readonly #chart = new ThetaChart();
  readonly element = element('section', { class: 'theta' }, this.#title, this.#missing, this.#chart.element);

  set(record: RunRecord): void {
    const { theta, thetaInitial, placement } = record;
    // The members of an ensemble are drawn: there is no waveform that training changes.
    this.element.hidden = isEnsemble(record) && theta === null;
    this.#title.textContent = theta ? t('Theta after epoch {0}', theta.epoch) : t('Theta');
    this.#missing.hidden = theta !== null;
    this.#chart.element.hidden = theta === null;
    this.#chart.set(theta && { epoch: theta.epoch, values: theta.values, initial: thetaInitial, placement });
  }
}
