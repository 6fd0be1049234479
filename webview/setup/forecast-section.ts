import type { Forecast, SetupView } from '../../src/protocol/panels/setup';
import { button } from '../shared/controls/button';
import { element } from '../shared/dom';
import { formatDuration, formatPercent } from '../shared/model/format';
import { t } from '../shared/strings';

const SHOWN_RUNS = 6;

/** How long the run will take, and what earlier runs on the same data reached. */
export class ForecastSection {
  readonly element: HTMLElement;
  readonly #time = element('p', {});
  readonly #past = element('div', { class: 'table-scroll' });
  #shown = '';

  constructor(private readonly openRun: (folder: string) => void) {
    this.element = element(
      'section',
      { class: 'setup-section', 'aria-labelledby': 'setup-forecast' },
      element('h2', { id: 'setup-forecast' }, t('What to expect')),
      this.#time,
      this.#past,
    );
  }

  update({ forecast, survey, models }: SetupView): void {
    this.element.hidden = survey === null;
    this.#time.textContent = timeText(forecast);
    const past = forecast?.past.slice(0, SHOWN_RUNS) ?? [];
    const shown = JSON.stringify([past, models.length]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#past.hidden = past.length === 0;
    this.#past.replaceChildren(
      element(
        'table',
        { class: 'past-runs' },
        element('caption', {}, t('Earlier runs on this data')),
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ...[t('Run'), t('Method'), t('Acoustic model'), t('Held out'), t('Test')].map((head) =>
              element('th', { scope: 'col' }, head),
            ),
          ),
        ),
        element(
          'tbody',
          {},
          ...past.map((run) =>
            element(
              'tr',
              {},
              element(
                'td',
                {},
                button(new Date(run.created).toLocaleString(), () => this.openRun(run.folder), {
                  title: t('Open the run of {0}', new Date(run.created).toLocaleString()),
                }).element,
              ),
              element('td', {}, run.method === 'ensemble' ? t('Ensemble') : t('Theta')),
              element('td', {}, run.model),
              element('td', { class: 'number-cell' }, formatPercent(run.heldOut)),
              element('td', { class: 'number-cell' }, formatPercent(run.test)),
            ),
          ),
        ),
      ),
    );
  }
}

/** The time in words. */
function timeText(forecast: Forecast | null): string {
  if (!forecast) return t('The time of the run is not known yet.');
  const time = formatDuration(Math.max(1, forecast.seconds));
  return forecast.source === 'runs'
    ? t('The training will take about {0}, as earlier runs of this kind show.', time)
    : t('The training will take about {0}, as a short measurement shows.', time);
}
