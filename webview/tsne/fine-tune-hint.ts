import type { TsneView } from '../../src/protocol/panels/tsne';
import { button } from '../shared/controls/button';
import { element } from '../shared/dom';
import { t } from '../shared/strings';

/** How the third plot is filled, where there is no fine-tuned model yet. */
export class FineTuneHint {
  readonly element = element('div', { class: 'no-fine-tuned muted', hidden: true });

  constructor(
    private readonly onCopy: (text: string) => void,
    private readonly onLookAgain: () => void,
  ) {}

  set({ fineTuned, fineTuneCommand }: TsneView): void {
    this.element.hidden = fineTuned !== null;
    this.element.replaceChildren();
    if (fineTuned !== null) return;
    this.element.replaceChildren(
      element(
        'p',
        {},
        t(
          'A third plot can show the same acoustic model with all its weights fine-tuned on these series instead. There is no such model yet. This command makes it:',
        ),
      ),
      element('code', {}, fineTuneCommand),
      element(
        'div',
        { class: 'actions' },
        button(t('Copy Command'), () => this.onCopy(fineTuneCommand)).element,
        button(t('Look Again'), this.onLookAgain, { title: t('Look again for a fine-tuned model') }).element,
      ),
    );
  }
}
