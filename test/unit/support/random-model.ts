import { isMovingStatistic, weightShapes } from '../../../src/engine/acoustic/architecture';
import type { FusedArchitecture, ModelCard } from '../../../src/engine/acoustic/card';
import type { FrontEnd } from '../../../src/engine/audio/front-end';
import type { Tensors } from '../../../src/engine/acoustic/model';
import { weightsSha256 } from '../../../src/engine/acoustic/weights';
import { Random } from '../../../src/engine/math/random';

/** A seeded acoustic model with weights of the sizes training gives, so that no unit is saturated or dead. */
export function randomModel(
  architecture: FusedArchitecture,
  frontEnd: FrontEnd,
  k: number,
  seed = 1,
): { card: ModelCard; weights: Tensors } {
  const random = new Random(seed);
  const sourceLabels = Array.from({ length: k }, (_, i) => `word ${i}`);
  const weights: Tensors = new Map();
  for (const [name, shape] of weightShapes({ architecture, frontEnd, sourceLabels })) {
    const fanIn = shape.slice(0, -1).reduce((product, n) => product * n, 1);
    const spread = shape.length > 1 ? Math.sqrt(1.5 / fanIn) : 0.2;
    const positive = isMovingStatistic(name) ? name.endsWith('variance') : name.endsWith('gamma');
    const data = Float32Array.from({ length: shape.reduce((product, n) => product * n, 1) }, () =>
      positive ? 0.6 + random.uniform() : spread * random.gaussian(),
    );
    weights.set(name, { shape, data });
  }
  const card: ModelCard = {
    formatVersion: 1,
    id: `random-${architecture}`,
    title: 'Random weights for tests',
    architecture,
    hyperParameters: {},
    frontEnd,
    sourceLabels,
    parameters: [...weights.values()].reduce((sum, { data }) => sum + data.length, 0),
    weightsSha256: weightsSha256(weights),
    source: { name: 'none', license: 'none', split: 'none' },
    test: null,
    training: {},
    license: 'none',
  };
  return { card, weights };
}

/** Clips that sound like something: a few chirps in noise, in -1..1. */
export function randomClips(n: number, samples: number, seed = 1): Float32Array {
  const random = new Random(seed);
  const clips = new Float32Array(n * samples);
  for (let clip = 0; clip < n; clip++) {
    const tones = Array.from({ length: 4 }, () => ({
      frequency: 150 + 3000 * random.uniform(),
      sweep: 2000 * (random.uniform() - 0.5),
      phase: 6 * random.uniform(),
    }));
    for (let i = 0; i < samples; i++) {
      const t = i / 16000;
      let x = 0.02 * random.gaussian();
      for (const { frequency, sweep, phase } of tones)
        x += 0.1 * Math.sin(2 * Math.PI * (frequency + sweep * t) * t + phase);
      clips[clip * samples + i] = x;
    }
  }
  return clips;
}
