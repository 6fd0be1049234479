import type { PredictionsView } from '../../src/protocol/panels/predictions';
import { element } from '../shared/dom';
import { formatPercent } from '../shared/model/format';
import { t } from '../shared/strings';
import { className, type ClassLook } from './class-name';
import { classScores } from './predictions-model';

/** Precision, recall and F1 of every class; hidden without labels. */
export class ScoresCard {
  readonly element = element('section', { class: 'card', 'aria-label': t('Scores by class') });

  set({ confusion }: PredictionsView, look: ClassLook): void {
    this.element.hidden = confusion === null;
    if (confusion === null) return;
    const head = [t('class'), t('series'), t('precision'), t('recall'), 'F1'];
    const rows = classScores(confusion).map(({ precision, recall, f1 }, kind) => {
      const series = confusion[kind].reduce((sum, count) => sum + count, 0);
      const cells = [String(series), ...[precision, recall, f1].map((score) => formatPercent(score))];
      return element(
        'tr',
        {},
        element('th', { scope: 'row' }, className(kind, look)),
        ...cells.map((cell) => element('td', { class: 'number-cell' }, cell)),
      );
    });
    const table = element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...head.map((name) => element('th', { scope: 'col' }, name)))),
      element('tbody', {}, ...rows),
    );
    this.element.replaceChildren(
      element('h2', {}, t('Scores by class')),
      element(
        'div',
        { class: 'scores-scroll', tabindex: 0, role: 'region', 'aria-label': t('Scores by class') },
        table,
      ),
    );
  }
}
