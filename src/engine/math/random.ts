import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { V2SError } from '../errors';

const MAX_SEED = 2 ** 32 - 1;

/**
 * A seeded random generator (xoroshiro128+) whose whole state is four integers, so that a checkpoint can keep it and a resumed
 * run draws exactly the numbers the uninterrupted run would have drawn. The same seed gives the same numbers on every platform.
 */
export class Random {
  #generator: ReturnType<typeof xoroshiro128plusFromState>;

  /**
   * @param seed an integer from 0 to 2^32 - 1
   * @throws V2SError `random.seed`
   */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED)
      throw new V2SError('random.seed', `The seed must be a whole number from 0 to ${MAX_SEED}, not ${seed}.`);
    // xoroshiro128+ is linear: started from the bare seed, neighboring seeds give correlated numbers (0.26 for the first one,
    // even after 64 draws). The Mersenne Twister's initialization scrambles the seed into the four words.
    const scrambler = mersenne(seed);
    this.#generator = xoroshiro128plusFromState([0, 1, 2, 3].map(() => scrambler.next() | 0));
  }

  /**
   * Continues where `state()` was taken.
   * @throws V2SError `random.state` when the numbers cannot be a state
   */
  static fromState(state: readonly number[]): Random {
    if (state.length !== 4 || !state.every((word) => word === (word | 0)) || state.every((word) => word === 0))
      throw new V2SError('random.state', `A random state is four 32-bit integers, not all zero; found [${state}].`);
    const random = new Random(0);
    random.#generator = xoroshiro128plusFromState(state);
    return random;
  }

  /** Everything that determines the numbers to come: four 32-bit integers, safe to keep as JSON. */
  state(): number[] {
    return [...this.#generator.getState()];
  }

  /** Uniform on [0, 1), with 53 random bits. */
  uniform(): number {
    return uniformFloat64(this.#generator);
  }

  /**
   * A whole number, uniform on 0 .. n - 1.
   * @throws V2SError `random.range` unless n is an integer from 1 to 2^32
   */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > MAX_SEED + 1)
      throw new V2SError(
        'random.range',
        `Cannot draw a whole number below ${n}: it must be an integer from 1 to 2^32.`,
      );
    return uniformInt(this.#generator, 0, n - 1);
  }

  /**
   * Standard normal (Marsaglia's polar method). The second number of each pair is discarded: keeping it would make it part of
   * the state. No trigonometric function is involved, whose last digit differs between engines.
   */
  gaussian(): number {
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s);
    }
  }

  /** Shuffles the array in place (Fisher-Yates) and returns it. */
  shuffle<T>(a: T[]): T[] {
    for (let i = a.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [a[i], a[j]] = [a[j], a[i]];
    }
    return a;
  }
}
