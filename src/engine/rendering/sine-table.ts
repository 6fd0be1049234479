import { sinOfTurns } from '../math/elementary';

/** Steps of a period in `SINE`. */
export const SINE_STEPS = 4096;
/** A period and a quarter of the sine, so that entry i + SINE_STEPS / 4 is the cosine; read with linear interpolation it errs by 3e-7. */
export const SINE = Float64Array.from({ length: (SINE_STEPS * 5) / 4 + 2 }, (_, i) => sinOfTurns(i / SINE_STEPS));
