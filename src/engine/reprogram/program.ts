import { computationSha256, type ModelCard } from '../acoustic/card';
import type { AcousticModel } from '../acoustic/model';
import type { EnsembleMapping } from '../ensemble/mapping';
import type { FrontEnd } from '../audio/front-end';
import { readoutWidth } from '../acoustic/readout';
import { V2SError } from '../errors';
import { MAX_PROGRAM_BYTES } from '../files/limits';
import type { OutputKind } from '../files/outputs';
import type { StoredTensor } from '../files/safetensors';
import type { RenderingDescription } from '../rendering/description';
import { CLIP_SAMPLES } from '../rendering/placement';
import type { RenderingParameters } from '../rendering/rendering';
import { programDescriptionSchema, upgradeFirstVersion, type ProgramDescription } from './program-description';
import {
  encodeSealed,
  decodeSealed,
  readSealed,
  takeFinite,
  writeSealed,
  type SealedFormat,
  type SealedTensors,
} from './sealed-file';

/** What the name of every program ends with. */
export const PROGRAM_EXTENSION = '.v2s.safetensors';

/** What training, or the fit of a mapping, made of one member. */
interface ProgramMember {
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
  maxBytes: MAX_PROGRAM_BYTES,
  key: 'program',
  schema: programDescriptionSchema,
  earlier: { '1': upgradeFirstVersion },
  remedy: 'Restore it from a copy, or reprogram again.',
};

/** By the header that `encodeSealed` writes, after its length of 8 bytes. */
export const PROGRAM_OUTPUT: OutputKind = {
  name: 'a program',
  begins: /^[^]{8}\{"__metadata__":\{"format":"v2s-program"/,
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
  const take = (name: string, shape: number[]): Float32Array => takeFinite(FORMAT, tensors, name, shape, what);
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
  const own = readoutWidth(description.ensemble?.readout ?? 'logits', k);
  const width = members.length * own;
  return {
    description,
    members: taken,
    thetaInitial: drawn ? null : take('theta_initial', [CLIP_SAMPLES]),
    ensemble: description.ensemble && {
      words: members.map(() => own),
      classes,
      weights: take('ensemble.weights', [classes, width]),
      means: take('ensemble.means', [width]),
      intercept: take('ensemble.intercept', [classes]),
      temperature: description.ensemble.temperature,
    },
  };
}

/** Names of the parameters that training changes. */
function parameterNamesOf(rendering: RenderingDescription): string[] {
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
 * A program belongs to the weights it was trained through, and to the way in which their model hears and names what it hears.
 * @throws V2SError `program.checksum` when `card` is of other weights, `program.card` when it says something else about them
 */
export function assertModelOf({ description }: Program, card: ModelCard): void {
  const { name, model: wanted, frontEnd } = description;
  if (wanted.weightsSha256 !== card.weightsSha256)
    throw new V2SError(
      'program.checksum',
      `The program for ${name} was trained through the acoustic model ${wanted.id} with weights ` +
        `${wanted.weightsSha256.slice(0, 12)}.., but this is ${card.id} with weights ${card.weightsSha256.slice(0, 12)}... ` +
        `Use the model it was trained through, or reprogram ${card.id} again.`,
    );
  const difference =
    frontEndDifference(frontEnd, card.frontEnd) ??
    sourceWordDifference(wanted.sourceLabels, card.sourceLabels) ??
    (wanted.computationSha256 !== null && wanted.computationSha256 !== computationSha256(card)
      ? 'its architecture or layers are described in another way'
      : null);
  if (difference === null) return;
  throw new V2SError(
    'program.card',
    `The card of the acoustic model ${card.id} has changed since the program for ${name} was trained through it: ${difference}. ` +
      `Restore the card from a copy, or reprogram ${card.id} again.`,
  );
}

/** The first difference in words; null where both hear alike. */
function frontEndDifference(trained: FrontEnd, now: FrontEnd): string | null {
  const keys = [...new Set([...Object.keys(trained), ...Object.keys(now)])] as (keyof FrontEnd)[];
  const key = keys.find((candidate) => trained[candidate] !== now[candidate]);
  if (key === undefined) return null;
  const shown = (value: FrontEnd[keyof FrontEnd]): string => (value === undefined ? 'not given' : String(value));
  return `in its front end, ${key} is ${shown(now[key])} and was ${shown(trained[key])}`;
}

function sourceWordDifference(trained: readonly string[], now: readonly string[]): string | null {
  if (trained.length !== now.length) return `it has ${now.length} source words and had ${trained.length}`;
  const word = trained.findIndex((label, i) => label !== now[i]);
  return word < 0
    ? null
    : `source word ${word + 1} is ${JSON.stringify(now[word])} and was ${JSON.stringify(trained[word])}`;
}

/** As `assertModelOf`, over the weights that the model really holds. */
export async function assertOpenModelOf(program: Program, model: AcousticModel): Promise<void> {
  assertModelOf(program, { ...model.card, weightsSha256: await model.checksum() });
}
