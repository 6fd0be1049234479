import { listed } from './labels';
import { SeriesFileError, shown } from './series-error';
import type { ReadOptions } from './types';

/** The channels of a file; names where it gives names. */
export interface Channels {
  count: number;
  names: readonly string[] | null;
}

/**
 * The channel to read, from 0, out of a file's channels.
 * @param wanted the option `channel`
 * @throws SeriesFileError `series.channel` when a multivariate file needs the option, or it names no channel
 */
export function chosenChannel(
  wanted: ReadOptions['channel'],
  { count, names }: Channels,
  file: string,
  row?: number,
): number {
  const refuse = (problem: string): SeriesFileError => new SeriesFileError('series.channel', { file, row }, problem);
  if (wanted === undefined) {
    if (count === 1) return 0;
    throw refuse(
      names
        ? `the file is multivariate, with the channels ${listed(names, 8)}, but V2S classifies a single channel. Set the option "channel" to one of them, or to a number from 1 to ${count}.`
        : `the file is multivariate, with ${count} channels, but V2S classifies a single channel. Set the option "channel" to a number from 1 to ${count}.`,
    );
  }
  if (typeof wanted === 'string') {
    const exact = names?.indexOf(wanted) ?? -1;
    const found =
      exact >= 0 ? exact : (names?.findIndex((name) => name.toLowerCase() === wanted.trim().toLowerCase()) ?? -1);
    if (found >= 0) return found;
    throw refuse(
      names
        ? `the option "channel" asks for the channel ${shown(wanted)}; the file has ${listed(names, 8)}.`
        : `the option "channel" asks for the channel ${shown(wanted)}, but the file does not name its channels. Set it to a number from 1 to ${count}.`,
    );
  }
  if (Number.isInteger(wanted) && wanted >= 1 && wanted <= count) return wanted - 1;
  throw refuse(
    count === 1
      ? `the option "channel" asks for channel ${wanted}, but the file has only one channel.`
      : `the option "channel" asks for channel ${wanted}, but the file has channels 1 to ${count}.`,
  );
}

/** Which channel was read, as a sentence; null where there is one only. */
export function channelNote(channel: number, { count, names }: Channels): string | null {
  if (count === 1) return null;
  return names
    ? `Channel ${channel + 1} of ${count}, ${shown(names[channel])}, was read.`
    : `Channel ${channel + 1} of ${count} was read.`;
}
