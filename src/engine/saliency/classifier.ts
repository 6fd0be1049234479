import type { Member } from '../ensemble/member-logits';
import { buildRendering } from '../rendering/build';
import { classHeadOf, type Program } from '../reprogram';

/** What makes scores of the source logits of all members, one member after another. */
export interface ClassifierHead {
  readonly classes: number;
  /** logits of one series: members times source words */
  readonly width: number;
  /** Score of every class of one series; valid until the next call. */
  scores(logits: ArrayLike<number>, offset: number): Float64Array;
  probabilities(logits: ArrayLike<number>, offset: number, out: Float64Array): Float64Array;
  /** Vector-Jacobian product of the last `scores` call, written at `offset` of `dLogits`. */
  backward(dScores: ArrayLike<number>, offset: number, dLogits: Float32Array): void;
}

export interface Classifier {
  readonly classNames: readonly string[];
  readonly members: readonly Member[];
  readonly head: ClassifierHead;
}

/** The program of the paper: one member that hears replicas of the series and theta. */
export function classifierOf(program: Program): Classifier {
  const { placement, classNames } = program.description;
  const rendering = buildRendering({ kind: 'replicas', contour: null, placement, theta: null }, null);
  const head = classHeadOf(program);
  return {
    classNames,
    members: [{ rendering, parameters: new Map([['theta', program.theta]]) }],
    head: {
      classes: head.classes,
      width: head.mapping.sourceWords,
      scores: (logits, offset) => head.scores(logits, offset),
      probabilities: (logits, offset, out) => head.probabilities(logits, offset, out),
      backward: (dScores, offset, dLogits) => head.backward(dScores, offset, dLogits, null),
    },
  };
}
