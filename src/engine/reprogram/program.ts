import type { AcousticModel } from '../acoustic/model';
import type { EnsembleMapping } from '../ensemble/mapping';
import { V2SError } from '../errors';
import type { StoredTensor } from '../files/safetensors';
import type { RenderingDescription } from '../rendering/description';
import { CLIP_SAMPLES } from '../rendering/placement';
import type { RenderingParameters } from '../rendering/rendering';
import { programDescriptionSchema, upgradeFirstVersion, type ProgramDescription } from './program-description';
import {
  encodeSealed,
  decodeSealed,
  readSealed,
  takeTensor,
  writeSealed,
  type SealedFormat,
  type SealedTensors,
} from './sealed-file';

/** What the name of every program ends with. */
export const PROGRAM_EXTENSION = '.v2s.safetensors';

/** What training, or the fit of a mapping, made of one member. */
export interface ProgramMember {
  /** by name, each [16000]: `theta` as M * theta, and `phi` of a trained carrier; empty for a drawn member */
  parameters: RenderingParameters;
  /** A of a learned mapping, [C * K]; null for another one */
  mappingWeights: Float32Array | null;
}

/** A program: what turns a frozen acoustic model into a classifier of one kind of time series. See `classifierOf`. */
export interface Program {
  description: ProgramDescription;
  /** in the order of the description's members */
  members: readonly ProgramMember[];
  /** M * theta of the first member before the first step, [16000]; null for an ensemble */
  thetaInitial: Float32Array | null;
  /** null for the method `theta` */
  ensemble: EnsembleMapping | null;
}

const FORMAT: SealedFormat<ProgramDescription> = {
  format: 'v2s-program',
  version: 2,
  key: 'program',
  schema: programDescriptionSchema,
  earlier: { '1': upgradeFirstVersion },
  remedy: 'Restore it from a copy, or reprogram again.',
};

export function encodeProgram(program: Program): Uint8Array {
  return encodeSealed(FORMAT, program.description, tensorsOf(program));
}

/** The first member's tensors have the plain names, as they had in the first version. */
const memberTensor = (name: string, position: number): string => (position === 0 ? name : `${name}.${position}`);

function tensorsOf({ description, members, thetaInitial, ensemble }: Program): SealedTensors {
  const tensors: SealedTensors = new Map();
  const put = (name: string, shape: number[], data: StoredTensor['data']): void =>
    void tensors.set(name, { shape, data });
  members.forEach(({ parameters, mappingWeights }, p) => {
    for (const [name, data] of parameters) put(memberTensor(name, p), [CLIP_SAMPLES], data);
    const mapping = description.members[p].mapping;
    if (mappingWeights && mapping)
      put(memberTensor('mapping', p), [mapping.words.length, mapping.sourceWords], mappingWeights);
  });
  if (thetaInitial) put('theta_initial', [CLIP_SAMPLES], thetaInitial);
  if (ensemble) {
    const { classes, weights, means, intercept } = ensemble;
    put('ensemble.weights', [classes, means.length], weights);
    put('ensemble.means', [means.length], means);
    put('ensemble.intercept', [classes], intercept);
  }
  return tensors;
}

/**
 * @param what names the file in errors
 * @throws V2SError `program.corrupt`, `program.format`, `program.version`
 */
export function decodeProgram(bytes: Uint8Array, what: string): Program {
  const { document, tensors } = decodeSealed(FORMAT, bytes, what);
  return assemble(document, tensors, what);
}

function assemble(description: ProgramDescription, tensors: SealedTensors, what: string): Program {
  const { classNames, members, model, method, statistics } = description;
  const classes = classNames.length;
  const k = model.sourceLabels.length;
  const drawn = method === 'ensemble';
  const corrupt = (why: string): V2SError =>
    new V2SError('program.corrupt', `${what} is damaged: ${why}. ${FORMAT.remedy}`);
  const fits = members.every(({ mapping }) =>
    mapping === null
      ? drawn
      : !drawn &&
        mapping.words.length === classes &&
        mapping.sourceWords === k &&
        mapping.words.flat().every((word) => word < k),
  );
  if (!fits || drawn !== (description.ensemble !== null)) throw corrupt('its mapping does not fit its classes');
  const take = (name: string, shape: number[]): Float32Array =>
    takeTensor(FORMAT, tensors, name, Float32Array, shape, what);
  const taken = members.map(({ rendering, mapping }, p): ProgramMember => {
    if (!statistics && (rendering.kind !== 'replicas' || rendering.contour))
      throw corrupt('the statistics of its training series are missing');
    if (drawn !== (rendering.theta !== null) || (drawn && rendering.kind === 'carrier' && !rendering.harmonics))
      throw corrupt('its members do not fit its method');
    return {
      parameters: new Map(
        parameterNamesOf(rendering).map((name) => [name, take(memberTensor(name, p), [CLIP_SAMPLES])]),
      ),
      mappingWeights: mapping?.kind === 'learned' ? take(memberTensor('mapping', p), [classes, k]) : null,
    };
  });
  const width = members.length * k;
  return {
    description,
    members: taken,
    thetaInitial: drawn ? null : take('theta_initial', [CLIP_SAMPLES]),
    ensemble: description.ensemble && {
      words: members.map(() => k),
      classes,
      weights: take('ensemble.weights', [classes, width]),
      means: take('ensemble.means', [width]),
      intercept: take('ensemble.intercept', [classes]),
      temperature: description.ensemble.temperature,
    },
  };
}

/** Names of the parameters that training changes. */
export function parameterNamesOf(rendering: RenderingDescription): string[] {
  if (rendering.theta) return [];
  return rendering.kind === 'carrier' && !rendering.harmonics ? ['theta', 'phi'] : ['theta'];
}

/** @throws V2SError `program.corrupt`, `program.format`, `program.version`, `file.*` */
export async function readProgram(path: string): Promise<Program> {
  const { document, tensors } = await readSealed(FORMAT, path);
  return assemble(document, tensors, path);
}

/** Writes `NAME.v2s.safetensors` atomically. @throws V2SError `file.*`; an old file is then untouched */
export async function writeProgram(path: string, program: Program): Promise<void> {
  await writeSealed(FORMAT, path, program.description, tensorsOf(program));
}

/**
 * A program belongs to the weights it was trained through.
 * @throws V2SError `program.checksum` when `model` is another one
 */
export function assertModelOf({ description }: Program, model: { id: string; weightsSha256: string }): void {
  const wanted = description.model;
  if (wanted.weightsSha256 === model.weightsSha256) return;
  throw new V2SError(
    'program.checksum',
    `The program for ${description.name} was trained through the acoustic model ${wanted.id} with weights ` +
      `${wanted.weightsSha256.slice(0, 12)}.., but this is ${model.id} with weights ${model.weightsSha256.slice(0, 12)}... ` +
      `Use the model it was trained through, or reprogram ${model.id} again.`,
  );
}

/** As `assertModelOf`, over the weights that the model really holds. */
export async function assertOpenModelOf(program: Program, model: AcousticModel): Promise<void> {
  assertModelOf(program, { id: model.card.id, weightsSha256: await model.checksum() });
}
