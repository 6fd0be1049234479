import type { RunRecord } from '../../src/protocol/panels/run';
import { element } from '../shared/dom';
import { t } from '../shared/strings';

const STATUS_TEXT: Record<RunRecord['status'], () => string> = {
  queued: () => t('queued'),
  running: () => t('running'),
  stopping: () => t('stopping'),
  finished: () => t('finished'),
  failed: () => t('failed'),
  canceled: () => t('stopped, can be resumed'),
  interrupted: () => t('interrupted, can be resumed'),
};

/** Which run it is, what state it is in, and why it failed if it did. */
export class RunHeader {
  readonly #title = element('h1', {});
  readonly #status = element('span', { class: 'badge' });
  readonly #facts = element('span', { class: 'muted' });
  readonly element = element('header', { class: 'head' }, this.#title, this.#status, this.#facts);
  readonly failure = element('div', { class: 'failure card', role: 'alert', hidden: true });

  /** @returns the state in words */
  set({ name, status, model, created, failure }: RunRecord): string {
    const text = STATUS_TEXT[status]();
    this.#title.textContent = name;
    this.#status.textContent = text;
    this.#status.dataset.status = status;
    this.#facts.textContent = t('Model {0} · started {1}', model.id, localTime(created));
    this.failure.hidden = failure === null;
    if (failure)
      this.failure.replaceChildren(
        element('p', {}, failure.message),
        element('p', { class: 'muted code' }, failure.code),
      );
    return text;
  }
}

function localTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleString();
}
