import type { PredictionsView } from '../../src/protocol/panels/predictions';
import { element } from '../shared/dom';
import { formatInteger, formatPercent } from '../shared/model/format';
import { t } from '../shared/strings';
import { classBars, type ClassLook } from './class-name';
import { predictedCounts, scoreOf } from './predictions-model';

/** The accuracy; where the file has no labels, how often each class was predicted. */
export class SummaryCard {
  readonly element = element('section', { class: 'card summary', 'aria-label': t('Summary') });

  set(data: PredictionsView, look: ClassLook): void {
    const { labeled, right } = scoreOf(data);
    const total = data.predicted.length;
    if (data.accuracy !== null && labeled > 0) {
      this.element.replaceChildren(
        element('h2', {}, t('Accuracy')),
        element('p', { class: 'headline' }, formatPercent(data.accuracy)),
        element('p', { class: 'muted' }, scoreText(right, labeled, total - labeled)),
      );
      return;
    }
    const bars = predictedCounts(data).map((count, kind) => ({
      kind,
      share: total > 0 ? count / total : 0,
      text: formatInteger(count),
    }));
    this.element.replaceChildren(
      element('h2', {}, t('Predicted classes')),
      element('p', { class: 'muted' }, t('No label in the file is a class of the program, so there is no accuracy.')),
      classBars(bars, look),
    );
  }
}

function scoreText(right: number, labeled: number, unlabeled: number): string {
  if (unlabeled === 0) return t('{0} of {1} series are classified correctly.', right, labeled);
  return unlabeled === 1
    ? t('{0} of {1} labeled series are classified correctly; 1 series has no label.', right, labeled)
    : t('{0} of {1} labeled series are classified correctly; {2} series have no label.', right, labeled, unlabeled);
}
