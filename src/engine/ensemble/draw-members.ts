import { V2SError } from '../errors';
import { exp, log } from '../math/elementary';
import { Random } from '../math/random';
import type { ContourDescription, NoiseDescription, RenderingDescription } from '../rendering/description';
import { ContourMeasure, type UnmeasuredChannel } from '../rendering/measure-contour';
import { CLIP_SAMPLES } from '../rendering/placement';
import type { TrainStatistics } from '../rendering/train-statistics';
import type { LogRange, Sampler, Weighted } from './sampler';

const MAX_MEMBERS = 1000;
const SEEDS = 2 ** 32;
/** Digits of drawn constants, so that descriptions are short; what is stored is what is used. */
const DIGITS = 6;

export interface DrawOptions {
  seed: number;
  count: number;
  sampler: Sampler;
  /** the training series, gaps filled: scales and quantiles of the drawn channels come from them */
  train: readonly ArrayLike<number>[];
  /** of these series */
  statistics: TrainStatistics;
  /** clip samples that a single replica leaves free at the beginning (see `silentEdge`) */
  edge: number;
}

/**
 * Draws the members of an ensemble. Member p depends on the seed and on p alone, not on the count, and every leading part has the
 * kinds in the sampler's proportion: an ensemble can be cut short or grown.
 * @throws V2SError `ensemble.members` unless the count is from 1 to 1,000
 */
export function drawMembers({ seed, count, sampler, train, statistics, edge }: DrawOptions): RenderingDescription[] {
  if (!Number.isInteger(count) || count < 1 || count > MAX_MEMBERS)
    throw new V2SError('ensemble.members', `An ensemble has 1 to ${MAX_MEMBERS} members, not ${count}.`);
  const seeds = new Random(seed);
  const measure = new ContourMeasure(train, statistics);
  const kinds = inProportion(sampler.kinds, count);
  return kinds.map((kind) => new Draw(new Random(seeds.below(SEEDS)), sampler, measure, edge).member(kind));
}

/** Each entry in turn is the one that is furthest behind its weight. */
function inProportion<T>(weighted: Weighted<T>, count: number): T[] {
  const total = weighted.reduce((sum, [, weight]) => sum + weight, 0);
  const given = weighted.map(() => 0);
  return Array.from({ length: count }, (_, p) => {
    const behind = weighted.map(([, weight], k) => (weight * (p + 1)) / total - given[k]);
    const next = behind.indexOf(Math.max(...behind));
    given[next]++;
    return weighted[next][0];
  });
}

/** The draws of one member, always in the same order. */
class Draw {
  constructor(
    private readonly random: Random,
    private readonly sampler: Sampler,
    private readonly measure: ContourMeasure,
    private readonly edge: number,
  ) {}

  member(kind: RenderingDescription['kind']): RenderingDescription {
    const { sampler } = this;
    switch (kind) {
      case 'replicas': {
        const contour = this.contour('none');
        const { native, rate, most, noise } = sampler.replicas;
        return { kind, contour, placement: this.placement(native, rate, most), theta: this.noise(noise) };
      }
      case 'carrier': {
        const { fundamental, gain, spread, noise } = sampler.carrier;
        const contour = this.contour();
        const harmonics = {
          seed: this.seed(),
          fundamental: this.within(fundamental),
          spread,
          gain: this.signed(gain),
        };
        return { kind, contour, harmonics, theta: this.noise(noise) };
      }
      case 'pitch': {
        const { fundamental, octaves, mostHarmonics, unmodulated, mostModulation, noise } = sampler.pitch;
        const voice = {
          contour: this.contour(),
          fundamental: this.within(fundamental),
          octaves: this.signed(octaves),
          harmonics: 1 + this.random.below(mostHarmonics),
          modulation: this.random.uniform() < unmodulated ? 0 : rounded(mostModulation * this.random.uniform()),
        };
        return { kind, voices: [voice], theta: this.noise(noise) };
      }
      case 'formant': {
        const { fundamental, lower, upper, octaves, mostBreath, noise } = sampler.formant;
        const resonance = (frequency: LogRange) => ({
          contour: this.contour(),
          frequency: this.within(frequency),
          octaves: this.signed(octaves),
        });
        return {
          kind,
          fundamental: this.within(fundamental),
          breath: { seed: this.seed(), level: rounded(mostBreath * this.random.uniform()) },
          resonances: [resonance(lower), resonance(upper)],
          theta: this.noise(noise),
        };
      }
    }
  }

  private contour(squashing = this.pick(this.sampler.squashings)): ContourDescription {
    const channel = this.channel();
    return this.measure.complete({ channel, squashing, window: this.window() });
  }

  private channel(): UnmeasuredChannel {
    const type = this.pick(this.sampler.channels);
    switch (type) {
      case 'difference':
      case 'curvature':
        return { type, lag: this.samples(this.sampler.lag) };
      case 'kernel': {
        const [a, b, c] = this.random.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8]);
        return { type, dilation: this.samples(this.sampler.dilation), heavy: [a, b, c] };
      }
      case 'local':
        return { type, radius: this.samples(this.sampler.radius) };
      default:
        return { type };
    }
  }

  private window(): ContourDescription['window'] {
    const { probability, part, leastValues } = this.sampler.window;
    if (this.random.uniform() >= probability) return null;
    const size = Math.max(leastValues / this.measure.statistics.length, this.within(part));
    if (size >= 1) return null;
    const from = this.random.uniform() * (1 - size);
    return [rounded(from), rounded(from + size)];
  }

  private placement(native: number, rates: LogRange, most: number) {
    const { length } = this.measure.statistics;
    const fastest = CLIP_SAMPLES / length;
    const stretched = this.random.uniform() >= native && fastest > rates[0];
    const rate = stretched
      ? Math.min(fastest, this.within([rates[0], Math.min(fastest, rates[1])]))
      : Math.min(1, fastest);
    const slot = Math.min(CLIP_SAMPLES, Math.max(1, Math.round(length * rate)));
    const replicas = Math.min(Math.floor(CLIP_SAMPLES / slot), 1 + this.random.below(most));
    return {
      slot,
      replicas,
      interval: Math.floor(CLIP_SAMPLES / replicas),
      rate,
      start: replicas === 1 ? Math.min(this.edge, CLIP_SAMPLES - slot) : 0,
      mask: false,
      // The contour is in TRAIN deviations already.
      offset: 0,
      scale: 1,
    };
  }

  private noise(level: LogRange): NoiseDescription {
    const { white, mostColor } = this.sampler.noise;
    return {
      seed: this.seed(),
      level: this.within(level),
      color: this.random.uniform() < white ? 0 : rounded(mostColor * this.random.uniform()),
    };
  }

  private samples({ least, mostOfLength }: { least: number; mostOfLength: number }): number {
    const most = Math.max(least, mostOfLength * this.measure.statistics.length);
    return Math.max(1, Math.round(this.within([least, most])));
  }

  private pick<T>(weighted: Weighted<T>): T {
    let left = this.random.uniform() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [entry, weight] of weighted) if ((left -= weight) < 0) return entry;
    return weighted.at(-1)![0];
  }

  private within([least, most]: LogRange): number {
    return rounded(least * exp(this.random.uniform() * log(most / least)));
  }

  private signed(range: LogRange): number {
    const size = this.within(range);
    return this.random.uniform() < 0.5 ? size : -size;
  }

  private seed(): number {
    return this.random.below(SEEDS);
  }
}

const rounded = (x: number): number => Number(x.toPrecision(DIGITS));
