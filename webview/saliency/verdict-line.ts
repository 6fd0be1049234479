import type { SaliencyView } from '../../src/protocol/panels/saliency';
import { classMark } from '../shared/charts/class-marks';
import { element } from '../shared/dom';
import { formatPercent } from '../shared/model/format';
import { t } from '../shared/strings';
import { themeClassColors, type Theme } from '../shared/theme';

/** What the program predicts for the series, what its label is, and which class is explained. */
export class VerdictLine {
  readonly element = element('div', { class: 'verdict' });

  set(
    { classNames, predicted, probabilities, truth, target, targetIsPredicted, contrast, members, member }: SaliencyView,
    theme: Theme,
  ): void {
    const colors = themeClassColors(theme, classNames.length);
    const entry = (title: string, name: string, after = ''): HTMLElement => {
      const kind = classNames.indexOf(name);
      const mark = kind >= 0 ? classMark(kind, colors[kind]) : null;
      const chip = element('span', { class: 'chip' }, mark, element('strong', {}, name));
      return element('span', {}, title, ' ', chip, after === '' ? null : ' ', after);
    };
    const probability = formatPercent(probabilities[classNames.indexOf(predicted)]);
    const entries = [entry(t('Predicted:'), predicted, probability)];
    if (truth !== null) {
      const isRight = truth === predicted;
      const verdict = element(
        'span',
        { class: isRight ? 'right' : 'wrong' },
        isRight ? t('✓ correct') : t('✗ incorrect'),
      );
      entries.push(entry(t('Label:'), truth), verdict);
    }
    if (!targetIsPredicted) entries.push(entry(t('Explained class:'), target));
    if (contrast !== null) entries.push(entry(t('rather than'), contrast));
    if (member !== null) entries.push(element('span', {}, t('by member {0} alone', member + 1)));
    else if (members.heard < members.count)
      entries.push(
        element('span', { class: 'refining muted' }, t('{0} of {1} members, refining', members.heard, members.count)),
      );
    this.element.replaceChildren(...entries);
  }
}
