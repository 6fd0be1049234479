import type { FittedProgram } from '../../src/protocol/program-choice';
import { classCount, valueCount } from './counts';
import { element, uniqueId } from './dom';
import { formatPercent } from './model/format';
import { t } from './strings';

/** Names of classes before the chip says how many more there are. */
const MAX_CLASSES = 4;

type Level = FittedProgram['fit']['level'];

const SIGNS: Record<Level, string> = { fits: '✓', differs: '▲', outside: '✕' };
const WORDS: Record<Level, () => string> = {
  fits: () => t('made with this file'),
  differs: () => t('made with other data'),
  outside: () => t('does not know all labels of this file'),
};

/** Facts of a program in the order in which the chip gives them. */
function programFacts({ model, classNames, longest, testAccuracy, validationAccuracy }: FittedProgram['program']) {
  const names = classNames.slice(0, MAX_CLASSES).join(', ');
  const more = classNames.length - MAX_CLASSES;
  return [
    model,
    more > 0
      ? t('{0}: {1} and {2} more', classCount(classNames.length), names, more)
      : t('{0}: {1}', classCount(classNames.length), names),
    valueCount(longest),
    testAccuracy !== null
      ? t('test accuracy {0}', formatPercent(testAccuracy))
      : validationAccuracy !== null
        ? t('validation accuracy {0}', formatPercent(validationAccuracy))
        : t('no test accuracy'),
  ];
}

/** In the header of every panel: which program explains the file, and in what the file differs from its data. Pressed, it is changed. */
export class ProgramChip {
  readonly #sign = element('span', { class: 'program-sign', 'aria-hidden': 'true' });
  readonly #name = element('strong', {});
  readonly #facts = element('span', { class: 'program-facts' });
  readonly #word = element('span', { class: 'program-word' });
  readonly #findings = element('ul', { class: 'program-findings', id: uniqueId('program-findings') });
  readonly #chip: HTMLButtonElement;
  readonly element: HTMLElement;

  constructor(onPress: () => void) {
    this.#chip = element(
      'button',
      {
        class: 'program-chip',
        type: 'button',
        'aria-describedby': this.#findings.id,
        title: t('Choose another program'),
      },
      // Blanks, so that the parts do not run together in the chip's name.
      this.#sign,
      ' ',
      element('span', { class: 'program-label' }, t('Program')),
      ' ',
      this.#name,
      ' ',
      this.#word,
      ' ',
      this.#facts,
    );
    this.#chip.addEventListener('click', onPress);
    this.element = element(
      'div',
      { class: 'program-bar', role: 'group', 'aria-label': t('Program of this file'), hidden: true },
      this.#chip,
      this.#findings,
    );
  }

  /** @returns what a screen reader should say unasked; null where nothing is wrong */
  set(fitted: FittedProgram | null): string | null {
    this.element.hidden = false;
    const level = fitted?.fit.level;
    this.#chip.dataset.level = level ?? 'none';
    this.#sign.textContent = level ? SIGNS[level] : '?';
    this.#name.textContent = fitted?.program.name ?? t('none');
    this.#facts.textContent = fitted ? programFacts(fitted.program).join(' · ') : '';
    this.#word.textContent = level ? WORDS[level]() : t('choose one');
    const messages = fitted?.fit.findings.map(({ message }) => message) ?? [];
    this.#findings.replaceChildren(...messages.map((message) => element('li', {}, message)));
    return level === 'outside' ? messages[0] : null;
  }
}
