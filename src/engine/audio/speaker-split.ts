import type { Random } from '../math/random';
import type { SpeechFile, SpeechFiles } from './speech-folder';

/** How known data sets write the speaker into the file's name. */
const SPEAKER_PATTERNS: readonly RegExp[] = [
  /^([0-9a-f]{8})_nohash_\d+\.wav$/i, // Google Speech Commands: SPEAKER_nohash_ROUND
  /^(\d+)_NO_\d+\.wav$/i, // Arabic Speech Commands: SPEAKER_NO_ROUND
  /^\d+_([a-z]+)_\d+\.wav$/i, // Free Spoken Digits: DIGIT_SPEAKER_ROUND
];
/** With fewer speakers, holding one out would take too much of the training data. */
const MIN_SPEAKERS = 4;

/** The speaker of a clip by its file name, null when the name follows no known pattern. */
export function speakerOf(path: string): string | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  for (const pattern of SPEAKER_PATTERNS) {
    const match = pattern.exec(name);
    if (match) return match[1];
  }
  return null;
}

/** The speakers of a list of clips; null unless every name tells one. */
function speakersOf(files: SpeechFiles): Set<string> | null {
  const speakers = new Set<string>();
  for (const { path } of files.clips) {
    const speaker = speakerOf(path);
    if (speaker === null) return null;
    speakers.add(speaker);
  }
  return speakers;
}

/**
 * Takes a validation part out of training clips: whole speakers where the names tell them (a model must generalize to voices
 * it never heard), otherwise a fraction of each class.
 * @param fraction share of the clips to hold out, at least one clip of each class and at least one speaker
 * @returns both parts and a sentence that says how they were made
 */
export function splitSpeech(
  files: SpeechFiles,
  fraction: number,
  random: Random,
): { train: SpeechFiles; validation: SpeechFiles; how: string } {
  const part = (keep: (clip: SpeechFile, index: number) => boolean): SpeechFiles => ({
    ...files,
    clips: files.clips.filter(keep),
  });
  const speakers = speakersOf(files);
  if (speakers && speakers.size >= MIN_SPEAKERS) {
    const held = heldOutSpeakers(files, [...speakers].sort(), fraction, random);
    const validation = part(({ path }) => held.has(speakerOf(path)!));
    const train = part(({ path }) => !held.has(speakerOf(path)!));
    if (hasEveryLabel(validation) && hasEveryLabel(train))
      return {
        train,
        validation,
        how: `speaker-disjoint by file name: ${held.size} of ${speakers.size} speakers held out for validation`,
      };
  }
  const held = new Set<number>();
  files.labels.forEach((_, label) => {
    const indices = files.clips.flatMap((clip, i) => (clip.label === label ? [i] : []));
    const count = Math.max(1, Math.round(fraction * indices.length));
    for (const i of random.shuffle(indices).slice(0, count)) held.add(i);
  });
  return {
    train: part((_, i) => !held.has(i)),
    validation: part((_, i) => held.has(i)),
    how: 'a random share of each class held out for validation (the file names do not name speakers)',
  };
}

function heldOutSpeakers(files: SpeechFiles, speakers: string[], fraction: number, random: Random): Set<string> {
  const counts = new Map<string, number>();
  for (const { path } of files.clips) counts.set(speakerOf(path)!, (counts.get(speakerOf(path)!) ?? 0) + 1);
  const held = new Set<string>();
  let clips = 0;
  for (const speaker of random.shuffle([...speakers])) {
    if (held.size > 0 && (clips >= fraction * files.clips.length || held.size >= speakers.length - 1)) break;
    held.add(speaker);
    clips += counts.get(speaker)!;
  }
  return held;
}

function hasEveryLabel(files: SpeechFiles): boolean {
  return new Set(files.clips.map(({ label }) => label)).size === files.labels.length;
}

/** Clips and, where the names tell them, speakers of each part, and whether any speaker is in two of them. */
export function describeParts(parts: Record<string, SpeechFiles | null>): string {
  const present = Object.entries(parts).filter((entry): entry is [string, SpeechFiles] => entry[1] !== null);
  const speakers = present.map(([, files]) => speakersOf(files));
  const counts = present.map(([name, files], i) => {
    const clips = `${name}: ${files.clips.length} clips`;
    return speakers[i] ? `${clips}, speakers: ${speakers[i].size}` : clips;
  });
  const sentence = counts.join('; ');
  if (!speakers.every((set) => set !== null)) return sentence;
  const all = speakers.flatMap((set) => [...set]);
  return `${sentence}; ${new Set(all).size === all.length ? 'no speaker is in two parts' : 'some speakers are in more than one part'}`;
}
