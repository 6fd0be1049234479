/** What an epoch and a training are in words. */
import type { EpochPoint } from '../../src/protocol/panels/run';
import { formatNumber, formatPercent } from '../shared/model/format';
import { t } from '../shared/strings';
import type { Training } from './run-model';

export function trainingName({ phase, replicas, member, fold }: Training): string {
  return member === null
    ? partName(phase, replicas, fold)
    : t('Member {0}: {1}', member, partName(phase, replicas, fold));
}

function partName(phase: Training['phase'], replicas: number | null, fold: number | null): string {
  switch (phase) {
    case 'replicas':
      return replicas === 1 ? t('Trial with 1 replica') : t('Trial with {0} replicas', replicas ?? 0);
    case 'folds':
      return t('Fold {0}', fold ?? 0);
    case 'training':
      return t('Training');
    case 'members':
      return t('Members of the ensemble');
  }
}

/** All figures of an epoch on one line. */
export function describeEpoch({ phase, epoch, train, validation, measures, learningRate }: EpochPoint): string {
  const members = phase === 'members';
  const figures = [
    members ? t('members: {0}', epoch) : t('epoch {0}', epoch),
    t('train accuracy {0}, loss {1}', formatPercent(train.accuracy), formatNumber(train.loss, 3)),
  ];
  if (validation)
    figures.push(
      members
        ? t(
            'leave-one-out accuracy {0}, loss {1}',
            formatPercent(validation.accuracy),
            formatNumber(validation.loss, 3),
          )
        : t('validation accuracy {0}, loss {1}', formatPercent(validation.accuracy), formatNumber(validation.loss, 3)),
    );
  for (const [name, value] of Object.entries(measures)) figures.push(`${measureName(name)} ${formatNumber(value, 4)}`);
  if (learningRate !== null) figures.push(t('learning rate {0}', formatNumber(learningRate, 3)));
  return figures.join(' · ');
}

/** A further figure of an epoch in words. */
export function measureName(name: string): string {
  const names: Record<string, () => string> = {
    swd: () => 'SWD',
    w1: () => 'W1',
    bound: () => t('bound'),
    target_risk: () => t('risk'),
  };
  return names[name]?.() ?? name.replace(/_/g, ' ');
}
