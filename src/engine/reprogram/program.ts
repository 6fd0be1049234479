import * as z from 'zod';
import { computationSha256, type ModelCard } from '../acoustic/card';
import type { AcousticModel } from '../acoustic/model';
import { frontEndSchema, type FrontEnd } from '../audio/front-end';
import { V2SError } from '../errors';
import { ClassHead, mappingSchema } from './mapping';
import { reprogramOptionsSchema } from './options';
import { CLIP_SAMPLES, placementSchema } from '../rendering/placement';
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

const metricsSchema = z.object({ loss: z.number(), accuracy: z.number() });
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
const dataSchema = z.object({
  /** name without its folder */
  file: z.string(),
  sha256: sha256Schema,
  series: z.int().min(0),
});

/** One epoch of the training that made theta; times are left out, so that equal runs make equal files. */
export const epochRecordSchema = z.object({
  /** from 1 */
  epoch: z.int().min(1),
  learningRate: z.number(),
  train: metricsSchema,
  validation: metricsSchema.nullable(),
  /** further figures by name, for example `swd` */
  measures: z.record(z.string(), z.number()),
});
export type EpochRecord = z.infer<typeof epochRecordSchema>;

/** Everything about a program but its numbers. */
export const programDescriptionSchema = z.object({
  /** name of the data set */
  name: z.string(),
  /** the acoustic model it was trained through, and which no other can replace */
  model: z.object({
    id: z.string(),
    weightsSha256: sha256Schema,
    /** folder as named by the user when the model was not found by its id; a hint for finding it again */
    folder: z.string().nullable(),
    sourceLabels: z.array(z.string()).min(1),
    /** over what the model's card says it computes; null in programs that were made before cards were bound */
    computationSha256: sha256Schema.nullable().default(null),
  }),
  frontEnd: frontEndSchema,
  placement: placementSchema,
  /** from TRAIN, in the order of the class indices */
  classNames: z.array(z.string()).min(2),
  mapping: mappingSchema,
  training: z.object({
    options: reprogramOptionsSchema,
    /** implementation and engine of the acoustic model; another one may differ in the last bits */
    implementation: z.string(),
    engine: z.string(),
    trainingSeries: z.int().min(1),
    validationSeries: z.int().min(0),
    /** what `--replicas auto` compared: out-of-sample loss and accuracy of the short runs; empty unless auto */
    replicaTrials: z.array(metricsSchema.extend({ replicas: z.int().min(1) })),
  }),
  /** epoch whose theta this is */
  bestEpoch: z.int().min(1),
  history: z.array(epochRecordSchema),
  metrics: z.object({
    train: metricsSchema,
    validation: metricsSchema.nullable(),
    test: metricsSchema.extend({ confusion: z.array(z.array(z.int().min(0))) }).nullable(),
  }),
  data: z.object({ train: dataSchema, test: dataSchema.nullable() }),
  /** what was capped, resampled or otherwise treated */
  notes: z.array(z.string()),
});
export type ProgramDescription = z.infer<typeof programDescriptionSchema>;

/** A trained program: what turns a frozen acoustic model into a classifier of one kind of time series. */
export interface Program {
  description: ProgramDescription;
  /** M * theta, [16000]: added to every placed series */
  theta: Float32Array;
  /** M * theta before the first step, [16000] */
  thetaInitial: Float32Array;
  /** A of a learned mapping, [C * K]; null for a random one */
  mappingWeights: Float32Array | null;
}

const FORMAT: SealedFormat<ProgramDescription> = {
  format: 'v2s-program',
  version: 1,
  key: 'program',
  schema: programDescriptionSchema,
  remedy: 'Restore it from a copy, or reprogram again.',
};

export function encodeProgram(program: Program): Uint8Array {
  return encodeSealed(FORMAT, program.description, tensorsOf(program));
}

function tensorsOf({ description, theta, thetaInitial, mappingWeights }: Program): SealedTensors {
  const tensors: SealedTensors = new Map([
    ['theta', { shape: [CLIP_SAMPLES], data: theta }],
    ['theta_initial', { shape: [CLIP_SAMPLES], data: thetaInitial }],
  ]);
  if (mappingWeights)
    tensors.set('mapping', {
      shape: [description.classNames.length, description.mapping.sourceWords],
      data: mappingWeights,
    });
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
  const { classNames, mapping, model } = description;
  const classes = classNames.length;
  const fits =
    mapping.words.length === classes &&
    mapping.sourceWords === model.sourceLabels.length &&
    mapping.words.flat().every((word) => word < mapping.sourceWords);
  if (!fits)
    throw new V2SError('program.corrupt', `${what} is damaged: its mapping does not fit its classes. ${FORMAT.remedy}`);
  const take = (name: string, shape: number[]): Float32Array =>
    takeTensor(FORMAT, tensors, name, Float32Array, shape, what);
  return {
    description,
    theta: take('theta', [CLIP_SAMPLES]),
    thetaInitial: take('theta_initial', [CLIP_SAMPLES]),
    mappingWeights: mapping.kind === 'learned' ? take('mapping', [classes, mapping.sourceWords]) : null,
  };
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

/** The part of the program behind the acoustic model. */
export function classHeadOf({ description, mappingWeights }: Program): ClassHead {
  return new ClassHead(description.mapping, mappingWeights);
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
