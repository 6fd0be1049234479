/** What the run was started with: the label mapping, and everything else. */
import { RUN_OPTIONS, type RunOptionName } from '../../src/common/run-options';
import type { Placement, RunRecord } from '../../src/protocol/panels/run';
import { element } from '../shared/dom';
import { factList, noteItems } from '../shared/fact-list';
import { formatInteger } from '../shared/model/format';
import { t } from '../shared/strings';
import { isEnsemble } from './run-model';

export class MappingCard {
  readonly element = element('section', { class: 'card', 'aria-label': t('Label mapping') });

  set(record: RunRecord): void {
    const { mapping } = record;
    if (isEnsemble(record)) {
      this.element.hidden = false;
      this.element.replaceChildren(
        element('h2', {}, t('Label mapping')),
        element(
          'p',
          { class: 'muted' },
          t(
            'A ridge regression maps the logits of all members to the classes. Its strength is chosen by leave-one-out.',
          ),
        ),
        element(
          'p',
          { class: 'muted' },
          t(
            'The bound of Theorem 1 does not apply to this program: it is about a mapping of source words to classes. What tells how accurate the program is on new series is its leave-one-out accuracy.',
          ),
        ),
      );
      return;
    }
    this.element.hidden = mapping.length === 0;
    this.element.replaceChildren(
      element('h2', {}, t('Label mapping')),
      element(
        'p',
        { class: 'muted' },
        t('A series gets a class when the model hears one of that class’s source words.'),
      ),
      factList(mapping.map(({ className, words }) => [className, words.join(', ')])),
    );
  }
}

export class SetupCard {
  readonly element = element('section', { class: 'card', 'aria-label': t('Set-up') });

  set({ model, train, test, program, folder, options, placement, notes }: RunRecord): void {
    const facts: [string, string][] = [
      [t('Model'), model.id],
      [t('Train file'), train],
      [t('Test file'), test ?? t('none')],
      [t('Program'), program],
      [t('Run folder'), folder],
      ...Object.entries(options).map(([name, value]): [string, string] => [optionTitle(name), optionValue(value)]),
    ];
    if (placement) facts.push([t('Placement'), placementText(placement)]);
    this.element.replaceChildren(
      element('h2', {}, t('Set-up')),
      factList(facts),
      element('ul', { class: 'notes' }, ...noteItems(notes)),
    );
  }
}

/** A program of a later version may have options that this one does not know. */
function optionTitle(name: string): string {
  return name in RUN_OPTIONS ? t(RUN_OPTIONS[name as RunOptionName].title) : name;
}

function optionValue(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? t('yes') : t('no')) : String(value);
}

function placementText({ replicas, mask, ...samples }: Placement): string {
  const [slot, interval] = [formatInteger(samples.slot), formatInteger(samples.interval)];
  if (replicas === 1) return mask ? t('1 replica of {0} samples, masked', slot) : t('1 replica of {0} samples', slot);
  return mask
    ? t('{0} replicas of {1} samples, one every {2} samples, masked', replicas, slot, interval)
    : t('{0} replicas of {1} samples, one every {2} samples', replicas, slot, interval);
}
