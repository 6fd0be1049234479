import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCanceled, V2SError } from '../errors';
import { fileError } from '../files/atomic';
import { readWav } from './wav';

/** A folder of class folders of WAV files (GSC, ASC and FSDD layouts): what is in it, nothing read yet. */
export interface SpeechFiles {
  folder: string;
  /** names of the class folders, sorted naturally */
  labels: string[];
  /** by label, then by name */
  clips: SpeechFile[];
}

export interface SpeechFile {
  /** relative to the folder, with `/` */
  path: string;
  /** index into labels */
  label: number;
}

/** Clips in memory, all of the same length, still 16-bit (230 MB for 7,200 s). */
export interface SpeechClips {
  labels: string[];
  /** paths relative to the folder */
  paths: string[];
  /** [n] indices into labels */
  classes: Int32Array;
  /** [n * samples], row-major */
  pcm: Int16Array;
  samples: number;
}

/** Parts of a data set found in one folder: its own split when it has sub-folders train, validation, test. */
export interface SpeechLayout {
  train: SpeechFiles;
  validation: SpeechFiles | null;
  test: SpeechFiles | null;
  /** folder of background noises that lies beside the classes or parts */
  noise: string | null;
}

/** Names under which speech data sets keep noises; never a class. */
const NOISE_FOLDERS = ['background_noise', '_background_noise_'];
const READS_AT_ONCE = 32;

const naturally = new Intl.Collator('en', { numeric: true });

/** Natural order ("zero 2" before "zero 10"); names that collate equal keep one fixed order. */
function compareNaturally(a: string, b: string): number {
  return naturally.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

interface Entries {
  folders: string[];
  wavs: string[];
}

/** Hidden files are left out, and what archives of a Mac keep beside the files: both may be called like sounds. */
const isVisible = (name: string): boolean => !name.startsWith('.') && name !== '__MACOSX';

async function entriesOf(folder: string): Promise<Entries> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const visible = entries.filter(({ name }) => isVisible(name));
    return {
      folders: visible.filter((entry) => !entry.isFile()).map(({ name }) => name),
      wavs: visible.filter((entry) => !entry.isDirectory() && /\.wav$/i.test(entry.name)).map(({ name }) => name),
    };
  } catch (error) {
    throw fileError(error, folder, 'list');
  }
}

/**
 * Lists a folder of class folders. Class names may hold spaces; folders of background noise are left out.
 * @throws V2SError `speech.layout` when it has fewer than two class folders or one of them has no WAV file; `file.*`
 */
export async function listSpeechFolder(folder: string): Promise<SpeechFiles> {
  const { folders } = await entriesOf(folder);
  const labels = folders.filter((name) => !NOISE_FOLDERS.includes(name)).sort(compareNaturally);
  if (labels.length < 2)
    throw new V2SError(
      'speech.layout',
      `${folder} has too few class folders (${labels.length}). Expected one folder per word, at least two, each with ` +
        '16 kHz mono 16-bit WAV files.',
    );
  const clips: SpeechFile[] = [];
  for (const [label, name] of labels.entries()) {
    const { wavs } = await entriesOf(join(folder, name));
    if (wavs.length === 0)
      throw new V2SError(
        'speech.layout',
        `The class folder ${join(folder, name)} has no .wav file. Add clips or remove it.`,
      );
    for (const wav of wavs.sort(compareNaturally)) clips.push({ path: `${name}/${wav}`, label });
  }
  return { folder, labels, clips };
}

/**
 * Understands a data set's folder: class folders at once, or parts `train`, `validation` (or `val`), `test` of class folders,
 * and a folder of background noises beside them.
 * @throws V2SError `speech.layout`, `file.*`
 */
export async function findSpeechLayout(folder: string): Promise<SpeechLayout> {
  const { folders } = await entriesOf(folder);
  const noiseName = folders.find((name) => NOISE_FOLDERS.includes(name));
  const noise = noiseName === undefined ? null : join(folder, noiseName);
  // A part holds class folders; a class (a word may well be "train") holds clips.
  const part = async (...names: string[]): Promise<string | null> => {
    for (const name of names.filter((name) => folders.includes(name)))
      if ((await entriesOf(join(folder, name))).folders.length > 0) return join(folder, name);
    return null;
  };
  const train = await part('train');
  if (train === null) return { train: await listSpeechFolder(folder), validation: null, test: null, noise };
  const list = async (path: string | null): Promise<SpeechFiles | null> => (path ? listSpeechFolder(path) : null);
  return {
    train: await listSpeechFolder(train),
    validation: await list(await part('validation', 'val')),
    test: await list(await part('test')),
    noise,
  };
}

/** @throws V2SError `speech.labels` naming the first word that one part has and the other has not. */
export function requireSameLabels(files: SpeechFiles, labels: readonly string[], of: string): void {
  const missing = labels.find((label) => !files.labels.includes(label));
  const extra = files.labels.find((label) => !labels.includes(label));
  if (missing !== undefined)
    throw new V2SError('speech.labels', `${files.folder} has no class folder "${missing}", which ${of} has.`);
  if (extra !== undefined)
    throw new V2SError('speech.labels', `${files.folder} has a class folder "${extra}", which ${of} does not have.`);
}

/** Copies a clip into a row of `samples`: a shorter one is centered between zeros, of a longer one the middle is taken. */
export function fitClip(clip: Int16Array, row: Int16Array): void {
  row.fill(0);
  const excess = clip.length - row.length;
  if (excess >= 0) row.set(clip.subarray(excess >> 1, (excess >> 1) + row.length));
  else row.set(clip, -excess >> 1);
}

/**
 * Reads every clip of a list.
 * @param samples length of one clip; shorter and longer ones are fitted by fitClip
 * @throws V2SError `wav.*`, `file.*`; CanceledError
 */
export async function loadClips(files: SpeechFiles, samples: number, signal?: AbortSignal): Promise<SpeechClips> {
  const n = files.clips.length;
  const pcm = new Int16Array(n * samples);
  for (let from = 0; from < n; from += READS_AT_ONCE) {
    throwIfCanceled(signal);
    const slice = files.clips.slice(from, from + READS_AT_ONCE);
    const read = await Promise.all(slice.map(({ path }) => readWav(join(files.folder, path))));
    read.forEach((clip, i) => fitClip(clip, pcm.subarray((from + i) * samples, (from + i + 1) * samples)));
  }
  return {
    labels: files.labels,
    paths: files.clips.map(({ path }) => path),
    classes: Int32Array.from(files.clips, ({ label }) => label),
    pcm,
    samples,
  };
}

/** Clips `indices` of `clips` as packed waveforms in -1..1, [indices.length * samples], written into `out`. */
export function copyWaveforms(clips: SpeechClips, indices: readonly number[], out: Float32Array): void {
  const { pcm, samples } = clips;
  indices.forEach((clip, row) => {
    const from = clip * samples;
    const to = row * samples;
    for (let i = 0; i < samples; i++) out[to + i] = pcm[from + i] / 32768;
  });
}

/**
 * All WAV files of a folder and its sub-folders, as 16-bit samples of any length.
 * @throws V2SError `speech.noise` when there is none; `wav.*`, `file.*`
 */
export async function loadNoises(folder: string): Promise<Int16Array[]> {
  let names: string[];
  try {
    names = await readdir(folder, { recursive: true });
  } catch (error) {
    throw fileError(error, folder, 'list');
  }
  const wavs = names.filter((name) => /\.wav$/i.test(name) && name.split(/[\\/]/).every(isVisible)).sort();
  if (wavs.length === 0) throw new V2SError('speech.noise', `${folder} has no WAV file to use as background noise.`);
  return await Promise.all(wavs.map((name) => readWav(join(folder, name))));
}
