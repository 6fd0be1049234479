import type { AcousticModel, Readout } from '../acoustic/model';
import { EnsembleHead } from '../ensemble/head';
import { memberLogits, type Member, type MemberLogitsHooks } from '../ensemble/member-logits';
import { buildRendering } from '../rendering/build';
import type { RenderingDescription } from '../rendering/description';
import { CLIP_SAMPLES } from '../rendering/placement';
import type { TrainStatistics } from '../rendering/train-statistics';
import { AveragedHead } from './averaged-head';
import type { ClassifierHead } from './classifier-head';
import { ClassHead } from './mapping';
import type { Program } from './program';

/** One way in which a program hears a series. */
export interface ClassifierMember extends Member {
  description: RenderingDescription;
  /** the value that stands for a missing one in attributions: of replicas the one that adds nothing to the clip, else TRAIN's mean */
  baseline: number;
}

/** A program ready to classify, whatever its method: its members hear a series, and its head decides. */
export interface Classifier {
  readonly classNames: readonly string[];
  readonly members: readonly ClassifierMember[];
  readonly head: ClassifierHead;
  /** what the head reads of the acoustic model */
  readonly readout: Readout;
  /** whether the probabilities were fitted to what held-out series turned out to be */
  readonly calibrated: boolean;
  /**
   * Source logits of all members, or what `readout` names, [n, members, K] = [n, head.width]; progress in series.
   * @throws CanceledError; V2SError `rendering.empty`, `rendering.value`, `model.readout`
   */
  logits(model: AcousticModel, series: readonly ArrayLike<number>[], hooks?: MemberLogitsHooks): Promise<Float32Array>;
}

/** Building the sounds of many drawn members takes longer than hearing one series. */
const built = new WeakMap<Program, readonly ClassifierMember[]>();

export function classifierOf(program: Program): Classifier {
  let members = built.get(program);
  if (!members) built.set(program, (members = membersOf(program)));
  const readout = program.description.ensemble?.readout ?? 'logits';
  return {
    classNames: program.description.classNames,
    members,
    readout,
    head: headOf(program),
    calibrated: program.ensemble !== null,
    logits: async (model, series, hooks) => await logitsOf(model, members, series, { ...hooks, readout }),
  };
}

function membersOf({ description: { members, statistics }, members: trained }: Program): ClassifierMember[] {
  return members.map(({ rendering }, p) => memberOf(rendering, statistics, trained[p].parameters));
}

/** A rendering with its parameters. */
export function memberOf(
  description: RenderingDescription,
  statistics: TrainStatistics | null,
  parameters: Member['parameters'],
): ClassifierMember {
  return {
    description,
    rendering: buildRendering(description, statistics),
    parameters,
    baseline:
      description.kind === 'replicas' && !description.contour ? description.placement.offset : statistics!.offset,
  };
}

/** Source logits of members as a classifier gives them, [n, members, K]; progress in series. */
export async function logitsOf(
  model: AcousticModel,
  members: readonly Member[],
  series: readonly ArrayLike<number>[],
  { readout, signal, onProgress }: MemberLogitsHooks = {},
): Promise<Float32Array> {
  return await memberLogits(model, members, series, {
    readout,
    signal,
    onProgress: (done, total) => onProgress?.(Math.floor((done * series.length) / total), series.length),
  });
}

function headOf({ description, members, ensemble }: Program): ClassifierHead {
  if (ensemble) return new EnsembleHead(ensemble);
  const heads = description.members.map(({ mapping }, p) => new ClassHead(mapping!, members[p].mappingWeights));
  return heads.length === 1 ? heads[0] : new AveragedHead(heads);
}

/**
 * Members that hear the bare series, without what was trained: theta 0, and 1 for the carrier of a stretched series. Null for drawn
 * ones, whose sound has no part that could be taken away.
 */
export function bareMembersOf(members: readonly ClassifierMember[]): readonly Member[] | null {
  if (members.some(({ description }) => description.theta !== null)) return null;
  return members.map(({ rendering }) => ({
    rendering,
    parameters: new Map(
      rendering.parameterNames.map((name) => [name, new Float32Array(CLIP_SAMPLES).fill(name === 'theta' ? 0 : 1)]),
    ),
  }));
}
