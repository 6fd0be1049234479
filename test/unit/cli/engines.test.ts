import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { readProgram } from '../../../src/engine/reprogram';
import { V2S } from '../support/v2s-process';

function v2s(...args: string[]): { status: number | null; result: Record<string, unknown>; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [V2S, '--json', ...args], { encoding: 'utf8' });
  return { status, stderr, result: JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown> };
}

interface Engine {
  runs: boolean;
  engine?: string;
  clipsPerSecond?: number;
  reason?: string;
}

test('the doctor tries every engine and says which runs, or why not and what to do', () => {
  const { status, result } = v2s('doctor', '--threads', '1');
  assert.equal(status, 0);
  const { exact, wasm, node } = result.engines as Record<string, Engine & { remedy?: string }>;
  assert.match(exact.engine ?? '', /^simd kernels, 1 thread$/);
  assert.ok(exact.clipsPerSecond! > 0);
  assert.match(wasm.engine ?? '', /^tfjs-wasm/);
  if (node.runs) assert.match(node.engine ?? '', /^tfjs-node/);
  else assert.match(`${node.reason} ${node.remedy}`, /tfjs-node.*npm install/);
  assert.ok((result.models as { id: string }[]).some(({ id }) => id === 'att-rnn-asc'));
});

test('a program says which kernels made it, and both kinds classify it alike; a backend that cannot be had is an error', async (t) => {
  const doctor = v2s('doctor', '--threads', '1').result.engines as Record<string, Engine>;
  if (!doctor.fast.runs) return t.skip(doctor.fast.reason);
  const folder = mkdtempSync(join(tmpdir(), 'v2s-engines-'));
  try {
    const out = join(folder, 'p.v2s.safetensors');
    const train = resolve('samples/CBF/CBF_TRAIN.tsv');
    const args = [
      '--members',
      '4',
      '--kernels',
      'fast',
      '--threads',
      '1',
      '--out',
      out,
      '--runs',
      join(folder, 'runs'),
    ];
    const { status, stderr } = v2s('reprogram', train, ...args);
    assert.equal(status, 0, stderr);
    const { description } = await readProgram(out);
    assert.equal(description.training.options.kernels, 'fast');
    assert.match(description.training.engine, /^relaxed kernels/);
    const [exact, fast] = ['exact', 'fast'].map(
      (kernels) =>
        v2s('classify', train, '--program', out, '--kernels', kernels).result.predictions as {
          label: string;
          probability: number;
        }[],
    );
    assert.equal(exact.length, 30);
    for (const [i, { label, probability }] of exact.entries()) {
      assert.equal(fast[i].label, label);
      assert.ok(Math.abs(fast[i].probability - probability) < 1e-3);
    }
    if (!doctor.node.runs) {
      const failed = v2s('baseline', train, '--model', 'tc-resnet-asc', '--no-dtw', '--backend', 'node');
      assert.equal(failed.status, 1);
      assert.match(JSON.stringify(failed.result), /tfjs\.backend.*tfjs-node/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
