import type { RunRecord, runPanel } from '../../src/protocol/panels/run';
import { button } from '../shared/controls/button';
import { element } from '../shared/dom';
import type { PanelContext } from '../shared/panel';
import { t } from '../shared/strings';
import { runActions } from './run-model';

/** What can be done with the run in its state: stop it, resume it, open what the finished program is looked at with. */
export class RunActions {
  readonly elements: readonly HTMLElement[];
  readonly #stop;
  readonly #resume;
  readonly #openers = element('div', { class: 'actions start' });

  constructor(context: Pick<PanelContext<typeof runPanel.host, object>, 'attempt' | 'remote'>) {
    const { remote } = context;
    this.#stop = button(t('Stop'), () => void context.attempt(remote.stop({})), {
      title: t('Stop the run. It can be resumed from its last checkpoint.'),
    });
    this.#resume = button(t('Resume'), () => void context.attempt(remote.resume({})), {
      appearance: 'primary',
      title: t('Resume the run from its last checkpoint'),
    });
    const openers: [string, 'saliency' | 'tsne' | 'predictions'][] = [
      [t('Saliency'), 'saliency'],
      [t('t-SNE'), 'tsne'],
      [t('Predictions'), 'predictions'],
    ];
    for (const [label, what] of openers)
      this.#openers.append(button(label, () => void context.attempt(remote.open({ what }))).element);
    this.elements = [this.#stop.element, this.#resume.element, this.#openers];
  }

  set({ status, written }: RunRecord): void {
    const { stop, resume } = runActions(status);
    this.#stop.element.hidden = !stop && status !== 'stopping';
    this.#stop.disabled = !stop;
    this.#resume.element.hidden = !resume;
    this.#openers.hidden = !written;
  }
}
