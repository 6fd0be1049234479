import type { RunRecord, RunResult, runPanel } from '../../src/protocol/panels/run';
import { confusionData, confusionTable } from '../shared/charts/confusion';
import { wilsonInterval } from '../../src/common/wilson-interval';
import { button } from '../shared/controls/button';
import { element } from '../shared/dom';
import { factList } from '../shared/fact-list';
import { formatDuration, formatNumber, formatPercent, shortChecksum } from '../shared/model/format';
import type { PanelContext } from '../shared/panel';
import { t } from '../shared/strings';
import { themeClassColors } from '../shared/theme';

/** What the run reached: accuracies, the confusion matrix of the test file, and that the acoustic model stayed frozen. */
export class ResultCard {
  readonly element = element('section', { class: 'card result', 'aria-label': t('Result') });

  constructor(
    private readonly context: Pick<PanelContext<typeof runPanel.host, object>, 'attempt' | 'remote' | 'theme'>,
  ) {}

  set(record: RunRecord): void {
    const { result } = record;
    this.element.hidden = result === null;
    if (!result) return;
    const { test } = result;
    this.element.replaceChildren(
      element('h2', {}, test ? t('Test accuracy') : t('Train accuracy')),
      element('p', { class: 'headline' }, formatPercent((test ?? result.train).accuracy)),
      factList(resultFacts(result)),
      frozenLine(record.model.id, result.weights),
    );
    if (test) this.element.append(...this.#confusion(test.confusion, record));
  }

  #confusion(counts: readonly (readonly number[])[], { name, classNames }: RunRecord): HTMLElement[] {
    const { remote, theme } = this.context;
    const save = (): void => {
      const table = { name: `${name}-confusion`, ...confusionData(counts, classNames) };
      void this.context.attempt(remote.saveTable(table));
    };
    return [
      confusionTable(counts, classNames, themeClassColors(theme, classNames.length), theme),
      button(t('Save Confusion Matrix as CSV'), save).element,
    ];
  }
}

function resultFacts({
  bestEpoch,
  members,
  heldOut,
  train,
  validation,
  test,
  seconds,
  msPerStep,
}: RunResult): [string, string][] {
  const facts: [string, string][] = [
    bestEpoch === null ? [t('Members'), String(members)] : [t('Best epoch'), String(bestEpoch)],
    [t('Train'), metricsText(train)],
    ...heldOutFacts(heldOut, validation),
    [t('Test'), test ? metricsText(test) : t('no test file')],
  ];
  if (seconds !== null) facts.push([t('Time'), formatDuration(seconds)]);
  if (msPerStep !== null) facts.push([bestEpoch === null ? t('Clip') : t('Step'), `${formatNumber(msPerStep, 3)} ms`]);
  return facts;
}

/** The estimate without TEST, with the number of series that it rests on and its interval. */
function heldOutFacts(heldOut: RunResult['heldOut'], validation: RunResult['validation']): [string, string][] {
  if (!heldOut) return [[t('Validation'), validation ? metricsText(validation) : t('none')]];
  const name = {
    'leave-one-out': t('Leave-one-out'),
    folds: t('Cross-validation'),
    validation: t('Validation'),
    'held-out': t('Held-out part'),
  }[heldOut.source];
  const [low, high] = wilsonInterval(heldOut.accuracy, heldOut.series);
  return [
    [name, metricsText(heldOut)],
    [
      t('95 % interval'),
      heldOut.series === 1
        ? t('{0} to {1}, from 1 series', formatPercent(low), formatPercent(high))
        : t('{0} to {1}, from {2} series', formatPercent(low), formatPercent(high), heldOut.series),
    ],
  ];
}

function metricsText({ loss, accuracy }: { loss: number; accuracy: number }): string {
  return t('{0}, loss {1}', formatPercent(accuracy), formatNumber(loss, 3));
}

/** Whether the weights of the acoustic model stayed what they were. */
function frozenLine(model: string, { sha256Before, sha256After }: RunResult['weights']): HTMLElement {
  const isEqual = sha256Before === sha256After;
  return element(
    'p',
    {
      class: isEqual ? 'frozen' : 'frozen problem',
      title: t('SHA-256 before the run: {0}; after it: {1}', sha256Before, sha256After),
    },
    isEqual ? t('✓ Frozen: verified.') : t('✗ The weights changed.'),
    element(
      'span',
      { class: 'muted' },
      ' ',
      isEqual
        ? t('The weights of {0} have the checksum {1}… before and after the run.', model, shortChecksum(sha256Before))
        : t(
            'The weights of {0} had the checksum {1}… before the run and {2}… after it.',
            model,
            shortChecksum(sha256Before),
            shortChecksum(sha256After),
          ),
    ),
  );
}
