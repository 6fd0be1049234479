import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLabels } from '../../../src/engine/acoustic/import/labels-file';
import { csvCell } from '../../../src/engine/reprogram/predictions-csv';
import { previewSeriesBytes, readSeriesBytes } from '../../../src/engine/series';
import { FILES, FRAMES, PIECES } from './adversarial-text';

/** A text for a reader; `work` makes it and returns what reads it. */
interface SlowText {
  reader: string;
  /** what the text is made of */
  what: string;
  work(): () => unknown;
}

/** Every text that is made to be slow, for every reader of text. @param length characters of a text, about */
export function slowTexts(length: number): SlowText[] {
  const texts: SlowText[] = [];
  const series = (name: string, what: string, text: () => string): void => {
    for (const [reader, read] of [
      ['reading', readSeriesBytes],
      ['preview of', previewSeriesBytes],
    ] as const)
      texts.push({
        reader: `${reader} .${name.split('.').at(-1)}`,
        what,
        work: () => {
          const bytes = Buffer.from(text());
          return () => read(name, bytes);
        },
      });
  };
  const repeated = (piece: string): string => piece.repeat(length / piece.length);
  for (const [kind, before, after] of FRAMES)
    for (const piece of PIECES)
      series(`x.${kind}`, JSON.stringify([before, piece, after]), () => before + repeated(piece) + after);
  for (const [name, text] of FILES) series(name, name, () => text(length));
  for (const piece of [...PIECES, '\n', '[', ']', '[\n'])
    for (const frame of ['', '[a]', '{', '["'])
      texts.push({
        reader: 'source words',
        what: JSON.stringify([frame, piece]),
        work: () => {
          const path = join(tmpdir(), `v2s-slow-words-${process.pid}.txt`);
          writeFileSync(path, frame + repeated(piece));
          return () => readLabels(path);
        },
      });
  for (const piece of PIECES)
    texts.push({
      reader: 'cells of tables',
      what: JSON.stringify(piece),
      work: () => {
        const text = `${repeated(piece)}x`;
        return () => csvCell(text);
      },
    });
  return texts;
}
