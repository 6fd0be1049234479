import * as z from 'zod';

/** More than the spectrum has lines. */
const MAX_MEL_BINS = 1024;

/**
 * How an acoustic model hears: the description of its front end, part of the model's card.
 * A 1 s, 16 kHz waveform becomes `frames` x `melBins` standardized features.
 *
 * - `log-mel`: periodic Hann, frames start at 0, hop, ..; zeros after the end; magnitude spectrum; HTK mel triangles of
 *   peak 1; ln(mel + floor); minus mean, divided by the population standard deviation of the clip.
 * - `kapre-db`: zero padding of (fftSize - hop) / 2 on each side; power spectrum; Slaney mel with area norm; square root;
 *   10 log10(max(., floor)); minus the clip's maximum, cut at -range dB; standardized per clip, epsilon added to the deviation.
 */
export const frontEndSchema = z.object({
  kind: z.enum(['log-mel', 'kapre-db']),
  sampleRate: z.literal(16000),
  /** samples of one clip: 16000 */
  samples: z.number().int().positive().max(16_000),
  fftSize: z.literal(1024),
  hop: z.number().int().positive(),
  melBins: z.number().int().positive().max(MAX_MEL_BINS),
  /** hertz */
  lowFrequency: z.number().nonnegative(),
  /** hertz */
  highFrequency: z.number().positive(),
  /** smallest mel value: added before the logarithm (log-mel) or the least value it sees (kapre-db) */
  floor: z.number().positive(),
  /** dB below the clip's maximum at which kapre-db cuts; unused by log-mel */
  range: z.number().positive().optional(),
  /** added to the standard deviation; 0 in log-mel */
  epsilon: z.number().nonnegative(),
});
export type FrontEnd = z.infer<typeof frontEndSchema>;

export const LOG_MEL: FrontEnd = {
  kind: 'log-mel',
  sampleRate: 16000,
  samples: 16000,
  fftSize: 1024,
  hop: 128,
  melBins: 80,
  lowFrequency: 40,
  highFrequency: 8000,
  floor: 1e-6,
  epsilon: 0,
};

export const KAPRE_DB: FrontEnd = { ...LOG_MEL, kind: 'kapre-db', floor: 1e-10, range: 80, epsilon: 1e-10 };

/** The front ends by their kind. */
export const FRONT_ENDS: Record<FrontEnd['kind'], FrontEnd> = { 'log-mel': LOG_MEL, 'kapre-db': KAPRE_DB };

/** Number of frames of one clip: 125 for 16000 samples and a hop of 128. */
export function frameCount(frontEnd: FrontEnd): number {
  return Math.ceil(frontEnd.samples / frontEnd.hop);
}
