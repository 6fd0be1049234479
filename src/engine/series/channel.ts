import { SeriesFileError } from './series-error';

/**
 * The channel to read, from 0, out of a file's channels.
 * @param wanted the option `channel`, from 1
 * @throws SeriesFileError `series.channel` when a multivariate file needs the option, or it names no channel
 */
export function chosenChannel(wanted: number | undefined, channels: number, file: string, row: number): number {
  if (wanted === undefined) {
    if (channels === 1) return 0;
    throw new SeriesFileError(
      'series.channel',
      { file, row },
      `the file is multivariate, with ${channels} channels, but V2S classifies a single channel. Set the option "channel" to a number from 1 to ${channels}.`,
    );
  }
  if (Number.isInteger(wanted) && wanted >= 1 && wanted <= channels) return wanted - 1;
  throw new SeriesFileError(
    'series.channel',
    { file, row },
    channels === 1
      ? `the option "channel" asks for channel ${wanted}, but the file has only one channel.`
      : `the option "channel" asks for channel ${wanted}, but the file has channels 1 to ${channels}.`,
  );
}
