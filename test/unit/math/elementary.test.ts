import test from 'node:test';
import assert from 'node:assert/strict';
import { asinh, cosOfTurns, exp, log, sinOfTurns } from '../../../src/engine/math/elementary';
import { Random } from '../../../src/engine/math/random';

test('elementary functions agree with those of the engine to the last digits, over their whole range', () => {
  const random = new Random(1);
  const relative = (found: number, expected: number): number => Math.abs(found - expected) / Math.abs(expected);
  for (let i = 0; i < 20_000; i++) {
    const x = 1400 * (random.uniform() - 0.5);
    assert.ok(relative(exp(x), Math.exp(x)) < 4e-16 + 1e-16 * Math.abs(x), `exp ${x}`);
    const small = 2 * random.uniform() - 1;
    assert.ok(relative(exp(small), Math.exp(small)) < 5e-16, `exp ${small}`);
    const positive = Math.exp(x);
    assert.ok(relative(log(positive), Math.log(positive)) < 1e-15, `log ${positive}`);
    const turns = 100 * (random.uniform() - 0.5);
    assert.ok(Math.abs(sinOfTurns(turns) - Math.sin(2 * Math.PI * turns)) < 2e-13, `sin ${turns}`);
    assert.ok(Math.abs(cosOfTurns(turns) - Math.cos(2 * Math.PI * turns)) < 2e-13, `cos ${turns}`);
    const y = small * 10 ** (20 * random.uniform() - 10);
    assert.ok(relative(asinh(y), Math.asinh(y)) < 1e-13, `asinh ${y}`);
  }
  assert.deepEqual([exp(0), exp(-800), log(1), asinh(0), sinOfTurns(0), exp(Infinity) > 1e300], [1, 0, 0, 0, 0, true]);
});
