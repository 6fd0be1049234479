import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { describeParts, speakerOf, splitSpeech } from '../../../src/engine/audio/speaker-split';
import {
  findSpeechLayout,
  fitClip,
  listSpeechFolder,
  loadClips,
  loadNoises,
  requireSameLabels,
} from '../../../src/engine/audio/speech-folder';
import { decodeWav, encodeWav } from '../../../src/engine/audio/wav';
import { V2SError } from '../../../src/engine/errors';
import { Random } from '../../../src/engine/math/random';

const message = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof V2SError, String(error));
    return `${error.code}: ${error.message}`;
  }
  return 'no error';
};

test('WAV: samples survive, other chunks are skipped, everything else is named', () => {
  const samples = Int16Array.of(0, 1, -1, 32767, -32768);
  const bytes = encodeWav(samples);
  assert.deepEqual(decodeWav(bytes, 'a.wav'), samples);

  const list = Uint8Array.of(0x4c, 0x49, 0x53, 0x54, 3, 0, 0, 0, 1, 2, 3, 0); // LIST of 3 bytes and its padding
  const withList = Uint8Array.of(...bytes.subarray(0, 36), ...list, ...bytes.subarray(36));
  assert.deepEqual(decodeWav(withList, 'a.wav'), samples);

  assert.match(
    message(() => decodeWav(encodeWav(samples, 8000), 'slow.wav')),
    /wav\.format: slow\.wav.*16000 Hz.*8000 Hz/,
  );
  const stereo = Uint8Array.from(bytes);
  stereo[22] = 2;
  assert.match(
    message(() => decodeWav(stereo, 's.wav')),
    /wav\.format.*channels: 2/,
  );
  const float = Uint8Array.from(bytes);
  float[20] = 3;
  assert.match(
    message(() => decodeWav(float, 'f.wav')),
    /wav\.format.*encoding 3 instead of PCM/,
  );
  assert.match(
    message(() => decodeWav(bytes.subarray(0, 50), 'cut.wav')),
    /wav\.truncated: cut\.wav.*10 bytes but has 6/,
  );
  assert.match(
    message(() => decodeWav(bytes.subarray(0, 36), 'cut.wav')),
    /wav\.truncated.*no data chunk/,
  );
  assert.match(
    message(() => decodeWav(new TextEncoder().encode('ID3 not a wav'), 'x.mp3')),
    /wav\.format: x\.mp3/,
  );
});

test('WAV: damaged bytes give samples or a V2SError, nothing else', () => {
  const good = encodeWav(Int16Array.from({ length: 40 }, (_, i) => i * 100));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.nat(good.length),
      (edits, length) => {
        const bytes = Uint8Array.from(good);
        for (const [at, value] of edits) bytes[at] = value;
        assert.notEqual(
          message(() => decodeWav(bytes.subarray(0, length), 'f.wav')),
          '',
        );
      },
    ),
    { numRuns: 3000, seed: 1 },
  );
});

test('a clip is centered between zeros or cut to its middle', () => {
  const row = new Int16Array(5).fill(9);
  fitClip(Int16Array.of(1, 2), row);
  assert.deepEqual([...row], [0, 1, 2, 0, 0]);
  fitClip(Int16Array.of(1, 2, 3, 4, 5, 6, 7, 8), row);
  assert.deepEqual([...row], [2, 3, 4, 5, 6]);
});

test('speakers are read from the names of the known data sets', () => {
  assert.equal(speakerOf('zoom in/00000021_NO_06.wav'), '00000021');
  assert.equal(speakerOf('7/7_jackson_32.wav'), 'jackson');
  assert.equal(speakerOf('up/0a7c2a8d_nohash_0.wav'), '0a7c2a8d');
  assert.equal(speakerOf('up/recording-1.wav'), null);
});

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'v2s-wav-'));
});
after(() => rm(root, { recursive: true }));

async function put(path: string, length: number, value = 1): Promise<void> {
  const file = join(root, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, encodeWav(new Int16Array(length).fill(value)));
}

test('folders: parts, natural order, spaces, a word called train, noises apart', async () => {
  for (const word of ['10', '2', 'zoom in', 'train'])
    for (const part of ['train', 'val'])
      for (const name of ['00000001_NO_10', '00000001_NO_2']) await put(`set/${part}/${word}/${name}.wav`, 4);
  await put('set/_background_noise_/hum.wav', 30);
  const layout = await findSpeechLayout(join(root, 'set'));
  assert.deepEqual(layout.train.labels, ['2', '10', 'train', 'zoom in']);
  assert.deepEqual(layout.train.clips[0], { path: '2/00000001_NO_2.wav', label: 0 });
  assert.equal(layout.validation?.clips.length, 8);
  assert.equal(layout.test, null);
  assert.equal((await loadNoises(layout.noise!))[0].length, 30);

  // The words themselves: here "train" holds clips, so it is a class and no part.
  const words = await findSpeechLayout(join(root, 'set', 'train'));
  assert.deepEqual([words.train.labels.length, words.validation], [4, null]);

  const clips = await loadClips(layout.train, 6);
  assert.deepEqual([...clips.pcm.subarray(0, 6)], [0, 1, 1, 1, 1, 0]);
  assert.deepEqual([...clips.classes], [0, 0, 1, 1, 2, 2, 3, 3]);

  await assert.rejects(
    listSpeechFolder(join(root, 'set', 'train', '2')),
    /has too few class folders \(0\)\. Expected one folder per word/,
  );
  await mkdir(join(root, 'set', 'val', 'empty'));
  await assert.rejects(listSpeechFolder(join(root, 'set', 'val')), /empty has no \.wav file/);
  const other = { ...layout.train, labels: ['2', '10', 'train', 'zoom'] };
  assert.match(
    message(() => requireSameLabels(layout.train, other.labels, 'TRAIN')),
    /speech\.labels.*"zoom"/,
  );
});

test('validation holds out whole speakers, or a share of each class where no speaker is named', () => {
  const files = (name: (speaker: number, round: number) => string): Parameters<typeof splitSpeech>[0] => ({
    folder: 'f',
    labels: ['a', 'b'],
    clips: [0, 1].flatMap((label) =>
      Array.from({ length: 60 }, (_, i) => ({ path: `${'ab'[label]}/${name(i % 6, i)}.wav`, label })),
    ),
  });
  const named = splitSpeech(
    files((speaker, round) => `0000000${speaker}_NO_${round}`),
    0.15,
    new Random(1),
  );
  const voices = (clips: { path: string }[]): Set<string | null> => new Set(clips.map(({ path }) => speakerOf(path)));
  assert.equal(voices(named.validation.clips).size, 1);
  assert.equal(voices(named.train.clips).size, 5);
  assert.match(named.how, /^speaker-disjoint.*1 of 6 speakers/);
  const described = describeParts({ train: named.train, validation: named.validation, test: null });
  assert.equal(
    described,
    'train: 100 clips, speakers: 5; validation: 20 clips, speakers: 1; no speaker is in two parts',
  );

  const unnamed = splitSpeech(
    files((_, round) => `clip-${round}`),
    0.15,
    new Random(1),
  );
  assert.deepEqual(
    [0, 1].map((label) => unnamed.validation.clips.filter((clip) => clip.label === label).length),
    [9, 9],
  );
  assert.equal(unnamed.train.clips.length, 102);
  assert.match(unnamed.how, /do not name speakers/);
});

test('WAV: a size of 0 before samples is a truncated file, and no samples are no clip', () => {
  const good = encodeWav(Int16Array.of(1, 2, 3));
  const stopped = Uint8Array.from(good);
  stopped.fill(0, 40, 44);
  assert.match(
    message(() => decodeWav(stopped, 'stream.wav')),
    /wav\.truncated: stream\.wav.*says 0 bytes, but 6 bytes follow/,
  );
  const endless = Uint8Array.from(good);
  endless.fill(0xff, 40, 44);
  assert.match(
    message(() => decodeWav(endless, 'stream.wav')),
    /wav\.truncated: stream\.wav.*4294967295 bytes but has 6/,
  );
  assert.match(
    message(() => decodeWav(encodeWav(new Int16Array(0)), 'none.wav')),
    /wav\.empty: none\.wav has no samples/,
  );
});

test('noises: hidden files, and what archives of a Mac hold beside, are left out', async () => {
  await put('noises/deep/hum.wav', 20);
  await put('noises/rain.wav', 30);
  for (const name of ['._rain.wav', '.hidden/hum.wav', 'deep/._hum.wav', '__MACOSX/rain.wav']) {
    await put(`noises/${name}`, 1);
    await writeFile(join(root, 'noises', name), 'AppleDouble, not a sound');
  }
  const noises = await loadNoises(join(root, 'noises'));
  assert.deepEqual(
    noises.map(({ length }) => length),
    [20, 30],
  );
});
