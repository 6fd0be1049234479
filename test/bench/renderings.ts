import { openFusedModel } from '../../src/engine/acoustic/fused/fused-model';
import { LOG_MEL } from '../../src/engine/audio/front-end';
import { drawMembers } from '../../src/engine/ensemble/draw-members';
import { SAMPLER } from '../../src/engine/ensemble/sampler';
import { fitRidge } from '../../src/engine/math/ridge';
import { buildRendering } from '../../src/engine/rendering/build';
import { measureTrain } from '../../src/engine/rendering/train-statistics';
import { randomClips, randomModel } from '../unit/support/random-model';
import { walks } from '../unit/support/renderings';
import { heading, line, median, ms, timed } from './measure';

const BATCH = 32;
const K = 40;
const MEMBERS = 12;
const SERIES = 10;

/** Time to render a clip, of every kind as the sampler draws it, against the forward pass of the same run. */
export async function renderings(quick: boolean): Promise<void> {
  heading('renderings, milliseconds of one core a clip');
  const runs = quick ? 3 : 15;
  const { card, weights } = randomModel('att-rnn', LOG_MEL, K);
  const model = await openFusedModel(card, weights, { threads: 1, batchLimit: BATCH });
  const clips = randomClips(BATCH, LOG_MEL.samples);
  const forward = median(await timed(runs, () => model.logits(clips, BATCH))) / BATCH;
  await model.close();
  line('forward pass', ms(forward), 'att-rnn');
  for (const length of [100, 1000]) {
    const train = walks(SERIES, length);
    const statistics = measureTrain(train);
    for (const kind of ['replicas', 'carrier', 'pitch', 'formant'] as const) {
      const sampler = { ...SAMPLER, kinds: [[kind, 1]] as const };
      const members = drawMembers({ seed: 1, count: MEMBERS, sampler, train, statistics, edge: 0 });
      const built = members.map((member) => buildRendering(member, statistics));
      const clip = new Float32Array(LOG_MEL.samples);
      const gradient = clips.subarray(0, LOG_MEL.samples);
      const each = async (work: (member: number, series: number) => void): Promise<number> => {
        const all = (): void => {
          for (let p = 0; p < MEMBERS; p++) for (let i = 0; i < SERIES; i++) work(p, i);
        };
        return median(await timed(runs, all)) / MEMBERS / SERIES;
      };
      const render = await each((p, i) => built[p].render(train[i], new Map(), clip));
      const back = await each((p, i) => built[p].pullback(train[i], new Map(), gradient));
      line(
        `${kind}, series of ${length}`,
        ms(render),
        `${(render / forward).toFixed(2)} of the forward pass (bar 0.20); back ${ms(back)}`,
      );
    }
  }
  await ridge(quick);
}

/** The ridge over 80 members of 40 words. */
async function ridge(quick: boolean): Promise<void> {
  heading('ridge with leave-one-out, 3,200 features, 2 targets, 15 strengths');
  for (const n of quick ? [100, 400] : [100, 400, 1000]) {
    const features = Float64Array.from(randomClips(n, 2 * 1600));
    const targets = Float64Array.from({ length: n * 2 }, (_, i) => (i % 2 === Math.floor(i / 2) % 2 ? 1 : -1));
    const strengths = Array.from({ length: 15 }, (_, i) => 3200 * 10 ** (i / 2 - 5));
    const problem = { n, d: 3200, targets, targetCount: 2, strengths };
    const times = await timed(quick ? 1 : 3, () => fitRidge({ ...problem, features: features.slice() }));
    line(`${n} series`, ms(median(times)));
  }
}
