import { element } from '../shared/dom';
import { t } from '../shared/strings';

/** Theorem 1 of the paper in a formula and three sentences, folded away. */
export function theoremCard(open: boolean, onToggle: () => void): HTMLDetailsElement {
  const sentences = [
    t(
      'The target risk says how wrong a reprogrammed model is on the series. It is at most the source risk, which says how wrong the model is on its own speech data, plus a term that grows with the distance between the series and the speech as the model hears them.',
    ),
    t(
      'That distance, W₁, is the least effort that moves the cloud of the model’s logits for the reprogrammed series onto the cloud of its logits for speech. K is the number of the model’s source words.',
    ),
    t(
      'So before any full training, the model with the smallest bound is the most promising one. The bound itself lies far above the risk, which is never above √2: compare the bounds with each other, and do not read one as a risk.',
    ),
  ];
  const made = element(
    'details',
    { class: 'theorem card' },
    element('summary', {}, t('What the bound says')),
    element('p', { class: 'formula' }, t('target risk ≤ source risk + 2 √K · W₁')),
    element('p', {}, sentences.join(' ')),
  );
  made.open = open;
  made.addEventListener('toggle', onToggle);
  return made;
}
