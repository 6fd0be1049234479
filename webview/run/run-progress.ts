import type { EpochPoint, RunRecord, runPanel } from '../../src/protocol/panels/run';
import type { EventData } from '../../src/protocol/rpc';
import { progressBar } from '../shared/controls/progress';
import { element } from '../shared/dom';
import { formatDuration, formatNumber } from '../shared/model/format';
import { t } from '../shared/strings';
import { secondsLeft, trainingKey } from './run-model';

type Step = EventData<typeof runPanel.host, 'step'>;

/** How far the run is and how long the rest takes; hidden when it is not running. */
export class RunProgress {
  readonly #bar = progressBar(t('Progress of the run'));
  readonly #text = element('span', { class: 'muted' });
  readonly element = element('div', { class: 'progress-row' }, this.#bar.element, this.#text);
  #step: Step | null = null;
  /** ms when the epochs of this training arrived */
  #arrivals: number[] = [];

  /** Forgets how long epochs took: the run is read anew. */
  reset(): void {
    this.#arrivals = [];
  }

  step(step: Step): void {
    this.#step = step;
  }

  /** @param before the epoch that came before it, if any */
  epoch(point: EpochPoint, before: EpochPoint | undefined): void {
    if (!before || trainingKey(before) !== trainingKey(point)) this.#arrivals = [];
    this.#arrivals.push(Date.now());
    this.#step = null;
  }

  draw({ status, epochs }: RunRecord): void {
    const isActive = status === 'queued' || status === 'running' || status === 'stopping';
    this.element.hidden = !isActive;
    if (!isActive) return;
    const last = epochs.at(-1);
    if (status === 'queued') {
      this.#bar.fraction = 0;
      this.#text.textContent = t('Waiting for the run before it to end.');
      return;
    }
    if (!last) {
      this.#bar.fraction = null;
      this.#text.textContent = t('Preparing…');
      return;
    }
    const within = this.#step && this.#step.steps > 0 ? this.#step.step / this.#step.steps : 0;
    this.#bar.fraction = last.total > 0 ? (last.done + within) / last.total : null;
    const milliseconds = formatNumber(last.msPerStep, 3);
    const parts =
      last.phase === 'members'
        ? [t('{0} of {1} members', last.epoch, last.epochs), t('{0} ms per clip', milliseconds)]
        : [t('epoch {0} of {1}', last.epoch, last.epochs), t('{0} ms per step', milliseconds)];
    if (last.phase === 'replicas')
      parts.unshift(last.replicas === 1 ? t('trial with 1 replica') : t('trial with {0} replicas', last.replicas ?? 0));
    if (last.phase === 'folds') parts.unshift(t('fold {0}', last.fold ?? 0));
    if (last.member !== null) parts.unshift(t('member {0}', last.member));
    const left = secondsLeft(epochs, this.#arrivals);
    if (left !== null) parts.push(t('about {0} left', formatDuration(left)));
    this.#text.textContent = parts.join(' · ');
  }
}
