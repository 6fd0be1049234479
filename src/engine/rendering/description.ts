import * as z from 'zod';
import { channelSchema } from './channels';
import { placementSchema } from './placement';
import { squashingSchema } from './squashing';

/** Quantiles kept of a channel, from the least to the greatest TRAIN value. */
export const QUANTILES = 65;

/** Which contour of the series is heard, with what TRAIN alone says of its channel. */
const contourSchema = z.object({
  channel: channelSchema,
  /** standard deviation of the channel over TRAIN, by which it is divided; 1 for a constant one */
  scale: z.number().positive(),
  squashing: squashingSchema,
  /** of the channel so divided, ascending; null unless squashed by rank */
  quantiles: z.array(z.number()).length(QUANTILES).nullable(),
  /** part of the series that is heard, [from, to) of its length in 0..1; null for all of it */
  window: z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)]).nullable(),
});
export type ContourDescription = z.infer<typeof contourSchema>;

const seedSchema = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

/** Theta of a drawn program: colored noise, reproduced from its seed and not stored. */
const noiseSchema = z.object({
  seed: seedSchema,
  /** standard deviation of a sample */
  level: z.number().min(0),
  /** correlation of neighboring samples: 0 for white noise */
  color: z.number().min(0).lt(1),
});
export type NoiseDescription = z.infer<typeof noiseSchema>;

/** Null: theta is a parameter that training changes. */
const thetaSchema = noiseSchema.nullable();

/** A harmonic sound whose amplitudes and phases are drawn from the seed. */
const harmonicsSchema = z.object({
  seed: seedSchema,
  /** hertz */
  fundamental: z.number().min(20).max(4000),
  /** standard deviation of the logarithm of a harmonic's amplitude, which falls with the root of its number besides */
  spread: z.number().min(0).max(5),
  /** the series' part in the exponent: amplitude e^(gain x) */
  gain: z.number().min(-5).max(5),
});

/** One voice of a pitch rendering. */
const voiceSchema = z.object({
  contour: contourSchema,
  /** hertz at x = 0 */
  fundamental: z.number().min(20).max(7000),
  /** octaves per unit of x */
  octaves: z.number().min(-10).max(10),
  /** harmonics of amplitude 1 / number; 1 is a pure tone */
  harmonics: z.int().min(1).max(32),
  /** amplitude 1 + modulation x */
  modulation: z.number().min(-2).max(2),
});
export type VoiceDescription = z.infer<typeof voiceSchema>;

/** One resonance of a formant rendering. */
const resonanceSchema = z.object({
  contour: contourSchema,
  /** hertz at x = 0 */
  frequency: z.number().min(50).max(7000),
  /** octaves per unit of x */
  octaves: z.number().min(-10).max(10),
});
export type ResonanceDescription = z.infer<typeof resonanceSchema>;

/**
 * What a program stores of one rendering; with the TRAIN statistics it is rebuilt from this bit for bit (see `buildRendering`).
 *
 * - `replicas`: x' = Pad(x) + M theta, the paper's equation 1; `contour` null places the file's values, else a channel.
 * - `carrier`: x' = theta + phi * x stretched over the clip, phi trained (`harmonics` null); or theta + carrier * e^(gain x).
 * - `pitch`: theta + one or two tones of frequency fundamental * 2^(octaves x).
 * - `formant`: theta + a pulse train through two resonances that the series moves.
 */
export const renderingSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('replicas'),
    contour: contourSchema.nullable(),
    placement: placementSchema,
    theta: thetaSchema,
  }),
  z.object({
    kind: z.literal('carrier'),
    contour: contourSchema,
    harmonics: harmonicsSchema.nullable(),
    theta: thetaSchema,
  }),
  z.object({ kind: z.literal('pitch'), voices: z.array(voiceSchema).min(1).max(2), theta: thetaSchema }),
  z.object({
    kind: z.literal('formant'),
    /** pulses per second; their period is rounded to whole samples */
    fundamental: z.number().min(20).max(1000),
    breath: z.object({ seed: seedSchema, level: z.number().min(0) }),
    resonances: z.tuple([resonanceSchema, resonanceSchema]),
    theta: thetaSchema,
  }),
]);
export type RenderingDescription = z.infer<typeof renderingSchema>;
export type RenderingKind = RenderingDescription['kind'];
export type RenderingOf<K extends RenderingKind> = Extract<RenderingDescription, { kind: K }>;
