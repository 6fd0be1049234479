import type { EpochPoint } from '../../src/protocol/panels/run';
import { EpochChart, type EpochCurve } from '../shared/charts/epoch-chart';
import { element } from '../shared/dom';
import { DASHES } from '../shared/model/colors';
import { formatNumber } from '../shared/model/format';
import { t } from '../shared/strings';
import type { Theme } from '../shared/theme';
import { describeEpoch } from './epoch-words';

/** The course of one training: charts over the epochs that share a cursor, and the figures under it. */
export class EpochCurves {
  readonly element: HTMLElement;
  readonly #charts: Record<'accuracy' | 'loss' | 'distance' | 'bound' | 'risk', EpochChart>;
  readonly #boundNote = element(
    'p',
    { class: 'muted' },
    t(
      'Theorem 1: the target risk is at most the source risk plus 2 √K times W1, the Wasserstein-1 distance between the logits of the reprogrammed series and those of the source speech. The bound lies far above the risk, so read its trend, not its height: no risk is above 1.414, and a bound above that says nothing about its size. Both are computed on the training series.',
    ),
  );
  readonly #floorNote = element(
    'p',
    { class: 'muted', hidden: true },
    t(
      'The loss cannot fall below the logarithm of the number of source words of a class: their mean probability is at most 1 divided by that number.',
    ),
  );
  readonly #readout = element('p', { class: 'readout muted', 'aria-live': 'off' });
  #points: readonly EpochPoint[] = [];
  #cursor: number | null = null;

  /** @param announce says it to screen readers */
  constructor(private readonly announce: (text: string) => void) {
    const hover = (epoch: number | null): void => this.#setCursor(epoch);
    const decimal = (value: number): string => formatNumber(value, 3);
    const share = (value: number): string => `${formatNumber(100 * value, 3)} %`;
    this.#charts = {
      accuracy: new EpochChart(t('Accuracy'), share, 'share', false, hover),
      loss: new EpochChart(t('Loss'), decimal, null, false, hover),
      distance: new EpochChart(t('Sliced Wasserstein distance to the source'), decimal, null, false, hover),
      bound: new EpochChart(t('Bound of Theorem 1'), (value) => formatNumber(value, 4), 'course', false, hover),
      risk: new EpochChart(t('Target risk, measured'), decimal, null, true, hover),
    };
    this.element = element(
      'div',
      {
        class: 'charts',
        tabindex: 0,
        role: 'group',
        'aria-label': t('Curves over the epochs. The left and right arrow keys move the cursor.'),
      },
      ...Object.values(this.#charts).map((chart) => chart.element),
      this.#floorNote,
      this.#boundNote,
      this.#readout,
    );
    this.element.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /**
   * @param kept epoch whose theta is kept, if it is known
   * @param floor the least loss there can be, if it is known
   */
  set(points: readonly EpochPoint[], kept: number | null, floor: number | null, theme: Theme): void {
    this.#points = points;
    const epochs = points.map(({ epoch }) => epoch);
    const lastEpoch = Math.max(points.at(-1)?.epochs ?? 1, epochs.at(-1) ?? 1);
    const unit = points.at(-1)?.phase === 'members' ? ('members' as const) : ('epochs' as const);
    const markedIsLast = points.every(({ selected }) => selected === null);
    const common = { epochs, lastEpoch, marked: unit === 'members' ? null : kept, markedIsLast, unit };
    const least = floor === null ? null : { value: floor, name: t('least possible loss: {0}', formatNumber(floor, 3)) };
    this.#floorNote.hidden = least === null;
    this.#charts.accuracy.set({ ...common, curves: trainAndValidation(points, 'accuracy', theme) });
    this.#charts.loss.set({ ...common, floor: least, curves: trainAndValidation(points, 'loss', theme) });
    const measure = (name: string, title: string): EpochCurve => ({
      name: title,
      color: theme.accent,
      dash: DASHES[0],
      values: points.map(({ measures }) => measures[name] ?? null),
    });
    const theory = {
      distance: measure('swd', 'SWD'),
      bound: measure('bound', t('bound')),
      risk: measure('target_risk', t('risk')),
    };
    for (const [name, curve] of Object.entries(theory) as [keyof typeof theory, EpochCurve][]) {
      this.#charts[name].set({ ...common, curves: [curve] });
      this.#charts[name].element.hidden = curve.values.every((value) => value === null);
    }
    this.#boundNote.hidden = this.#charts.bound.element.hidden;
    this.#setCursor(this.#cursor);
  }

  #setCursor(epoch: number | null): void {
    this.#cursor = epoch;
    for (const chart of Object.values(this.#charts)) chart.setCursor(epoch);
    const point = this.#points.find((candidate) => candidate.epoch === epoch) ?? this.#points.at(-1);
    this.#readout.textContent = point ? describeEpoch(point) : t('The first epoch will appear here when it is done.');
  }

  #onKey(event: KeyboardEvent): void {
    const epochs = this.#points.map((point) => point.epoch);
    if (epochs.length === 0) return;
    const at = this.#cursor === null ? epochs.length - 1 : epochs.indexOf(this.#cursor);
    const targets: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: epochs.length - 1,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#setCursor(epochs[Math.max(0, Math.min(epochs.length - 1, target))]);
    this.announce(this.#readout.textContent ?? '');
  }
}

function trainAndValidation(points: readonly EpochPoint[], metric: 'accuracy' | 'loss', theme: Theme): EpochCurve[] {
  return [
    {
      name: t('train'),
      color: theme.accent,
      dash: DASHES[1],
      values: points.map((point) => point.train[metric]),
    },
    {
      name: points.at(-1)?.phase === 'members' ? t('leave-one-out') : t('validation'),
      color: theme.second,
      dash: DASHES[0],
      values: points.map((point) => point.validation?.[metric] ?? null),
    },
  ];
}
