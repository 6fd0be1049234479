import type { TsneView } from '../../src/protocol/panels/tsne';
import { button } from '../shared/controls/button';
import { element } from '../shared/dom';
import { t } from '../shared/strings';

/** How the third plot is filled, where there is no fine-tuned model yet. */
export class FineTuneHint {
  readonly element = element('div', { class: 'no-fine-tuned muted', hidden: true });

  constructor(onFineTune: () => void, onLookAgain: () => void) {
    this.element.append(
      element(
        'p',
        {},
        t(
          'A third plot can show the same acoustic model with all its weights fine-tuned on the training series instead. There is no such model yet. Fine-tuning takes much longer than reprogramming. You can stop it and go on later.',
        ),
      ),
      element(
        'div',
        { class: 'actions' },
        button(t('Fine-Tune Now'), onFineTune).element,
        button(t('Look Again'), onLookAgain, { title: t('Look again for a fine-tuned model') }).element,
      ),
    );
  }

  set({ fineTuned }: TsneView): void {
    this.element.hidden = fineTuned !== null;
  }
}
