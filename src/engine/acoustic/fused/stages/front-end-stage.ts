import { frameCount, type FrontEnd } from '../../../audio/front-end';
import { hannWindow, melMatrix } from '../../../audio/mel';
import type { FeatureMask } from '../../model';
import type { Arena } from '../arena';
import type { Kernels } from '../module';

const BINS = 512;
const PLANE_CELLS = BINS * 4;

/**
 * Why the kernels cannot run a front end, or null: they need sparse mel filters and frames that fit together.
 * @param matrix its mel matrix, where it is there already
 */
export function frontEndObstacle(frontEnd: FrontEnd, matrix = melMatrix(frontEnd)): string | null {
  const { kind, samples, fftSize, hop, melBins } = frontEnd;
  if (fftSize !== 2 * BINS) return `frames of ${fftSize} samples instead of ${2 * BINS}`;
  if (samples % 4 !== 0) return `${samples} samples, which is no multiple of 4`;
  if (melBins % 4 !== 0) return `${melBins} mel bins, which is no multiple of 4`;
  if (hop > fftSize) return 'frames with gaps between them';
  if (kind === 'kapre-db' && (fftSize - hop) % 2 !== 0) return 'an odd hop, which cannot be padded alike on both sides';
  for (let bin = 0; bin <= BINS; bin++) {
    const filters = matrix.subarray(bin * melBins, (bin + 1) * melBins).filter((weight) => weight !== 0).length;
    if (filters > 2) return `a bin that ${filters} mel filters share`;
    if (bin === BINS && filters > 0) return 'a mel filter that reaches half the sample rate';
  }
  return null;
}

/** Waveforms to standardized features [frames][bins][B] and, backwards, gradients by the waveforms. */
export class FrontEndStage {
  readonly frames: number;
  readonly bins: number;
  /** standardized features */
  readonly features: number;
  /** gradient by the features; becomes the gradient by the mel values in backward */
  readonly gradient: number;
  private readonly padding: number;
  /** rows of the waveform that some frame sees, padding included */
  private readonly rows: number;
  private readonly window: number;
  private readonly halfWindow: number;
  private readonly cosines: number;
  private readonly sines: number;
  private readonly firstBin: number;
  private readonly lastBin: number;
  private readonly melWeights: number;
  private readonly binTable: number;
  private readonly scratch: number;
  private readonly staging: number;
  private readonly wave: number;
  private readonly spectrum: number;
  private readonly mel: number;
  private readonly inverse: number;
  private readonly peak: number;
  private readonly summed: number;
  private readonly folded: number;
  private readonly power: number;

  constructor(
    private readonly arena: Arena,
    private readonly kernels: Kernels,
    private readonly frontEnd: FrontEnd,
    capacity: number,
  ) {
    const { fftSize, hop, melBins, kind } = frontEnd;
    const matrix = melMatrix(frontEnd);
    const obstacle = frontEndObstacle(frontEnd, matrix);
    if (obstacle) throw new TypeError(`the kernels cannot run a front end with ${obstacle}`);
    this.frames = frameCount(frontEnd);
    this.bins = melBins;
    this.power = kind === 'kapre-db' ? 1 : 0;
    this.padding = kind === 'kapre-db' ? (fftSize - hop) / 2 : 0;
    this.rows = (this.frames - 1) * hop + fftSize;
    const angle = (2 * Math.PI) / fftSize;
    const window = hannWindow(fftSize);
    this.window = arena.put(window);
    this.halfWindow = arena.put(window.map((x) => x / 2));
    this.cosines = arena.put(Float32Array.from({ length: fftSize }, (_, i) => Math.cos(angle * i)));
    this.sines = arena.put(Float32Array.from({ length: fftSize }, (_, i) => Math.sin(angle * i)));
    const mel = sparseMel(matrix, melBins);
    this.firstBin = arena.put(mel.first);
    this.lastBin = arena.put(mel.last);
    this.melWeights = arena.put(mel.weights);
    this.binTable = arena.put(mel.table);
    this.scratch = arena.cells(6 * PLANE_CELLS);
    this.staging = arena.cells(4 * frontEnd.samples);
    const cells = this.frames * melBins * capacity;
    this.wave = arena.cells(this.rows * capacity);
    this.spectrum = arena.cells(this.frames * BINS * 2 * capacity);
    this.mel = arena.cells(cells);
    this.features = arena.cells(cells);
    this.gradient = arena.cells(cells);
    this.inverse = arena.cells(capacity);
    this.peak = arena.cells(capacity);
    this.summed = arena.cells((this.rows + 4 * hop) * 4);
    this.folded = arena.cells(this.rows);
  }

  /** @param clips packed [n * samples]; lanes n .. B - 1 repeat the clips (`repeat`) or are silent */
  forward(clips: Float32Array, n: number, B: number, repeat: boolean): void {
    const { samples, hop, floor, epsilon, range } = this.frontEnd;
    const wave = this.arena.floats(this.wave, this.rows * B);
    wave.fill(0, 0, this.padding * B);
    wave.fill(0, (this.padding + samples) * B);
    const start = this.wave + this.padding * B * 4;
    for (let lane = 0; lane < B; lane += 4) {
      const staging = this.arena.floats(this.staging, 4 * samples);
      for (let j = 0; j < 4; j++) {
        const clip = lane + j < n ? lane + j : repeat ? (lane + j) % n : -1;
        if (clip < 0) staging.fill(0, j * samples, (j + 1) * samples);
        else staging.set(clips.subarray(clip * samples, (clip + 1) * samples), j * samples);
      }
      this.kernels.interleave(this.staging, start, samples, B, lane);
    }
    const n2 = this.frames * this.bins;
    this.kernels.melForward(
      ...[
        this.wave,
        hop,
        this.halfWindow,
        this.cosines,
        this.sines,
        this.firstBin,
        this.lastBin,
        this.melWeights,
        this.power,
      ],
      ...[this.spectrum, this.mel, this.scratch, this.frames, this.bins, B],
    );
    if (this.power)
      this.kernels.decibelForward(this.mel, this.features, this.inverse, this.peak, floor, range ?? 80, epsilon, n2, B);
    else this.kernels.logForward(this.mel, this.features, this.inverse, floor, epsilon, n2, B);
  }

  /** Zeroes rectangles of the features of each clip (SpecAugment, Park et al. 2019), after standardization. */
  mask(masks: FeatureMask[][], B: number): void {
    const features = this.arena.floats(this.features, this.frames * this.bins * B);
    masks.forEach((list, lane) => {
      for (const { firstFrame, frames, firstBin, bins } of list)
        for (let t = Math.max(0, firstFrame); t < Math.min(this.frames, firstFrame + frames); t++)
          for (let m = Math.max(0, firstBin); m < Math.min(this.bins, firstBin + bins); m++)
            features[(t * this.bins + m) * B + lane] = 0;
    });
  }

  /** `gradient` holds the gradient by the features and is used up. @returns [samples] summed over the batch, or [n * samples] */
  backward(B: number, n: number, each: boolean): Float32Array {
    const { samples, hop, floor, range } = this.frontEnd;
    const n2 = this.frames * this.bins;
    if (this.power)
      this.kernels.decibelBackward(
        this.mel,
        this.features,
        this.inverse,
        this.peak,
        this.gradient,
        floor,
        range ?? 80,
        n2,
        B,
      );
    else this.kernels.logBackward(this.mel, this.features, this.inverse, this.gradient, floor, n2, B);
    const common = [
      this.spectrum,
      this.binTable,
      this.gradient,
      hop,
      this.window,
      this.cosines,
      this.sines,
      this.power,
    ];
    const sizes = [this.scratch, this.frames, this.bins, B];
    if (each) {
      // The waveform is no longer needed: its place takes the gradient.
      this.arena.floats(this.wave, this.rows * B).fill(0);
      this.kernels.melBackwardEach(...common, this.wave, ...sizes);
      const wave = this.arena.floats(this.wave, this.rows * B);
      const out = new Float32Array(n * samples);
      for (let clip = 0; clip < n; clip++)
        for (let i = 0; i < samples; i++) out[clip * samples + i] = wave[(this.padding + i) * B + clip];
      return out;
    }
    this.arena.floats(this.summed, (this.rows + 4 * hop) * 4).fill(0);
    this.kernels.melBackwardSum(...common, this.summed, ...sizes);
    this.kernels.foldLanes(this.summed, this.folded, hop, this.rows);
    return this.arena.floats(this.folded + this.padding * 4, samples).slice();
  }
}

/** The mel matrix [513][melBins] of a front end without obstacle by filter (first bin, last bin + 1, weights) and by bin (at most two). */
function sparseMel(
  matrix: Float32Array,
  melBins: number,
): { first: Int32Array; last: Int32Array; weights: Float32Array; table: Float32Array } {
  const first = new Int32Array(melBins);
  const last = new Int32Array(melBins);
  const weights: number[] = [];
  const table = new Float32Array(BINS * 4);
  const filters = new Int32Array(table.buffer);
  const taken = new Uint8Array(BINS);
  for (let m = 0; m < melBins; m++) {
    const bins = Array.from({ length: BINS }, (_, k) => k).filter((k) => matrix[k * melBins + m] !== 0);
    first[m] = bins[0] ?? 0;
    last[m] = bins.length > 0 ? bins[bins.length - 1] + 1 : 0;
    for (let k = first[m]; k < last[m]; k++) {
      const weight = matrix[k * melBins + m];
      weights.push(weight);
      if (weight === 0) continue;
      filters[k * 4 + taken[k]] = m;
      table[k * 4 + 2 + taken[k]] = weight;
      taken[k]++;
    }
  }
  return { first, last, weights: Float32Array.from(weights), table };
}
