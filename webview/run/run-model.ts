import type { EpochPoint, RunRecord } from '../../src/protocol/panels/run';

/** The epochs of one training: a run may compare replicas and cross-validate before it trains the theta it keeps. */
export interface Training {
  key: string;
  phase: EpochPoint['phase'];
  replicas: number | null;
  member: number | null;
  fold: number | null;
  points: EpochPoint[];
}

export function trainingKey(point: Pick<EpochPoint, 'phase' | 'replicas' | 'member' | 'fold'>): string {
  return `${point.phase}/${point.replicas}/${point.member ?? '-'}/${point.fold ?? '-'}`;
}

/** Epochs by training, in the order in which they began; an epoch that came twice (a resumed run) counts once, the later one. */
export function trainingsOf(epochs: readonly EpochPoint[]): Training[] {
  const trainings = new Map<string, Training>();
  for (const point of epochs) {
    const key = trainingKey(point);
    const training = trainings.get(key) ?? {
      key,
      phase: point.phase,
      replicas: point.replicas,
      member: point.member,
      fold: point.fold,
      points: [],
    };
    trainings.set(key, training);
    const repeated = training.points.findIndex(({ epoch }) => epoch === point.epoch);
    if (repeated >= 0) training.points.splice(repeated);
    training.points.push(point);
  }
  return [...trainings.values()];
}

/** Seconds left, from the time of a step and the epochs still to do; null while nothing is known. */
export function secondsLeft(epochs: readonly EpochPoint[], times: readonly number[]): number | null {
  const last = epochs.at(-1);
  if (!last || times.length < 2) return null;
  // The last epochs say more about the next ones than the first, slow ones do.
  const recent = times.slice(-6);
  const perEpoch = (recent[recent.length - 1] - recent[0]) / (recent.length - 1) / 1000;
  return Math.max(0, last.total - last.done) * perEpoch;
}

/** Whether the members are drawn and their logits read by one linear mapping, so that nothing is trained epoch by epoch. */
export function isEnsemble({ options }: Pick<RunRecord, 'options'>): boolean {
  return options.method === 'ensemble';
}

/**
 * The least loss a series can have: ln(m) where each class has m source words, since the mean of m probabilities that add up to at
 * most 1 is at most 1/m. Null where the classes differ, the mapping is learned or not known yet.
 */
export function lossFloor({ options, mapping }: Pick<RunRecord, 'options' | 'mapping'>): number | null {
  if (isEnsemble({ options }) || options.mapping === 'learned' || mapping.length === 0) return null;
  const words = mapping[0].words.length;
  return words > 1 && mapping.every((each) => each.words.length === words) ? Math.log(words) : null;
}

/** Whether a run can be stopped or resumed in its state. */
export function runActions(status: RunRecord['status']): { stop: boolean; resume: boolean } {
  return {
    stop: status === 'running' || status === 'queued',
    resume: status === 'canceled' || status === 'interrupted' || status === 'failed',
  };
}
