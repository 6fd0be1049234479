import type { PredictionsView } from '../../src/protocol/panels/predictions';
import { button } from '../shared/controls/button';
import { element } from '../shared/dom';
import { formatPercent } from '../shared/model/format';
import { t } from '../shared/strings';
import { classBars, type ClassLook } from './class-name';
import { isRight, probabilityOf, rankedClasses } from './predictions-model';

/** The most classes that are listed for one series. */
const MAX_CLASSES = 30;

/** The series under the cursor: its classes by probability, and where else it can be looked at. */
export class DetailCard {
  readonly element = element('section', {
    class: 'card detail',
    'aria-label': t('Selected series'),
    'aria-live': 'off',
  });

  constructor(private readonly onOpen: (row: number, what: 'saliency' | 'text') => void) {}

  /** @param row position in the file, from 0; hidden when there is none */
  set(data: PredictionsView, row: number, look: ClassLook): void {
    const isOne = row >= 0 && row < data.predicted.length;
    this.element.hidden = !isOne;
    if (!isOne) return;
    const bars = rankedClasses(data, row)
      .slice(0, MAX_CLASSES)
      .map((kind) => {
        const share = probabilityOf(data, row, kind);
        return { kind, share, text: formatPercent(share) };
      });
    this.element.replaceChildren(
      element('h2', {}, t('Series {0}, line {1}', row + 1, data.lines[row])),
      element('p', {}, verdictText(isRight(data, row), data.classNames[data.truth[row]])),
      classBars(bars, look),
      element(
        'div',
        { class: 'actions start' },
        button(t('Saliency'), () => this.onOpen(row, 'saliency'), {
          appearance: 'primary',
          title: t('Show the saliency of this series (Enter)'),
        }).element,
        button(t('Show in Text'), () => this.onOpen(row, 'text'), {
          title: t('Show the line of this series in the text editor'),
        }).element,
      ),
    );
  }
}

function verdictText(right: boolean | null, truth: string): string {
  if (right === null) return t('This series has no label.');
  return right ? t('Correct: the label is {0}.', truth) : t('Incorrect: the label is {0}.', truth);
}
