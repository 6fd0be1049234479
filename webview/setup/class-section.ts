import type { SetupSurvey, SetupView } from '../../src/protocol/panels/setup';
import type { SeriesThumb } from '../../src/protocol/panels/series';
import { classMark } from '../shared/charts/class-marks';
import { element, svgElement } from '../shared/dom';
import { classCount, seriesCount } from '../shared/counts';
import { noteItems } from '../shared/fact-list';
import { formatInteger } from '../shared/model/format';
import { extentOf, niceDomain } from '../shared/model/scales';
import { t } from '../shared/strings';
import { themeClassColors, type Theme } from '../shared/theme';

const SIZE = { width: 200, height: 64 };

/** The classes with their counts, and some series of each, overlaid on common axes. */
export class ClassSection {
  readonly element: HTMLElement;
  readonly #facts = element('p', { class: 'muted' });
  readonly #cards = element('ul', { class: 'class-cards' });
  readonly #rest = element('p', { class: 'muted' });
  readonly #notes = element('ul', { class: 'notes' });
  #survey: SetupSurvey | null = null;

  constructor(private theme: Theme) {
    this.element = element(
      'section',
      { class: 'setup-section', 'aria-labelledby': 'setup-classes' },
      element('h2', { id: 'setup-classes' }, t('Classes')),
      this.#facts,
      this.#cards,
      this.#rest,
      this.#notes,
    );
  }

  set colors(theme: Theme) {
    this.theme = theme;
    this.#draw();
  }

  update({ survey, isReading }: SetupView): void {
    this.element.hidden = survey === null && !isReading;
    this.#survey = survey;
    this.#facts.textContent = survey ? sizesOf(survey) : t('Reading the file…');
    this.#notes.replaceChildren(...noteItems(survey?.notes ?? []));
    this.#draw();
  }

  #draw(): void {
    const survey = this.#survey;
    if (!survey) {
      this.#cards.replaceChildren();
      this.#rest.hidden = true;
      return;
    }
    const { classes, series, longest } = survey;
    const colors = themeClassColors(this.theme, classes.length);
    const drawn = classes.map(({ name }) => series.filter(({ label }) => label === name));
    const domain = niceDomain(extentOf(...series.map(({ values }) => values)));
    const shown = classes.flatMap((one, i) => (drawn[i].length > 0 ? [{ ...one, i }] : []));
    this.#cards.replaceChildren(
      ...shown.map(({ name, count, i }) =>
        element(
          'li',
          {},
          element(
            'div',
            { class: 'class-title' },
            classMark(i, colors[i]),
            element('span', { class: 'class-label', title: name }, name),
            element('span', { class: 'muted' }, formatInteger(count)),
          ),
          overlay(drawn[i], longest, domain, colors[i]),
        ),
      ),
    );
    const rest = classes.slice(shown.length);
    this.#rest.hidden = rest.length === 0;
    this.#rest.textContent =
      rest.length === 0
        ? ''
        : t(
            'Further classes: {0}',
            rest
              .slice(0, 30)
              .map(({ name, count }) => `${name} (${formatInteger(count)})`)
              .join(', '),
          );
  }
}

/** Number, classes and length of the series. */
export function sizesOf({ count, classes, shortest, longest }: SetupSurvey): string {
  const length =
    shortest === longest
      ? t('length {0}', formatInteger(longest))
      : t('lengths {0} to {1}', formatInteger(shortest), formatInteger(longest));
  return [seriesCount(count), classCount(classes.length), length].join(' · ');
}

function overlay(
  series: readonly SeriesThumb[],
  longest: number,
  [low, high]: [number, number],
  color: string,
): SVGElement {
  const { width, height } = SIZE;
  const y = (value: number): string => (height - 2 - ((value - low) / (high - low)) * (height - 4)).toFixed(1);
  const paths = series.map(({ values, length }) => {
    const whole = (width * Math.max(1, length - 1)) / Math.max(1, longest - 1);
    const points = Array.from(
      values,
      (value, i) => `${((whole * i) / Math.max(1, values.length - 1)).toFixed(1)},${y(value)}`,
    );
    return svgElement('polyline', { points: points.join(' '), class: 'overlaid', stroke: color });
  });
  return svgElement(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true', class: 'overlay' },
    ...paths,
  );
}
