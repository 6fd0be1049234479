// Names of strangers, of files, data sets and layers: whatever they hold, the time grows with their length and not with the square of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignText, inertJson } from '../../../src/common/foreign-text';
import { beginsLikeSeries } from '../../../src/common/series-beginning';
import { trimEnds } from '../../../src/common/trim-ends';
import { speakerOf } from '../../../src/engine/audio/speaker-split';
import { datasetName } from '../../../src/engine/series';
import { shellWord } from '../../../src/engine/shell-word';
import { valueRanges } from '../../../src/host/inline/value-ranges';
import type { ReadFormat } from '../../../src/protocol/worker';
import { shownText } from '../../../src/host/shown-text';
import { safeFileName } from '../../../src/host/webview/safe-file-name';
import { fileStem } from '../../../webview/shared/model/export-text';
import { matchesSearch } from '../../../webview/shared/model/table';
import { PIECES } from '../support/adversarial-text';
import { assertLinear } from '../support/linear-time';
import { TSV_FORMAT } from '../support/series-files';

const NAMES = [
  '_',
  '.',
  '-',
  '. ',
  '_.',
  '/',
  '$(',
  '](',
  'train',
  '_TRAIN',
  '\ud800',
  '\u202e',
  'e1',
  '11',
  '1.',
  '*',
  '&',
];
const FORMAT = { ...TSV_FORMAT, labels: 'none', labelColumn: null } satisfies ReadFormat;

/** Everything that takes a name or a line of a stranger and looks for patterns in it, outside of the readers of files. */
const USES: Record<string, (name: string) => unknown> = {
  datasetName: (name) => datasetName(`${name}_TRAIN${name}.csv`),
  safeFileName,
  fileStem: (name) => fileStem(name, name),
  foreignText: (name) => foreignText(name, { inert: true, limit: 100 }),
  shownText: (name) => shownText(name, 100),
  inertJson,
  beginsLikeSeries: (name) => beginsLikeSeries(`${name},1,2,3,4`),
  speakerOf,
  shellWord: (name) => shellWord(name, 'linux'),
  matchesSearch: (name) => matchesSearch('xyz >1', [name], [1]),
  'value ranges of csv': (line) => valueRanges(line, { ...FORMAT, kind: 'csv', delimiter: ',', timeStamps: false }),
  'value ranges of txt': (line) => valueRanges(line, { ...FORMAT, kind: 'txt', delimiter: ' ', timeStamps: false }),
  'value ranges of ts': (line) => valueRanges(line, { ...FORMAT, kind: 'ts', delimiter: ',', timeStamps: true }),
  'value ranges of arff': (line) => valueRanges(line, { ...FORMAT, kind: 'arff', delimiter: ',', timeStamps: false }),
};

test('names and lines of strangers take time in proportion to their length, wherever patterns are looked for in them', async () => {
  for (const [what, use] of Object.entries(USES))
    for (const piece of [...PIECES, ...NAMES])
      await assertLinear(`${what} of ${JSON.stringify(piece)}`, (size) => {
        const name = `x${piece.repeat(size / piece.length)}x`;
        return () => void use(name);
      });
});

test('names lose at their ends what they lost before', () => {
  assert.equal(trimEnds('..a.b.', /\./), 'a.b');
  assert.equal(trimEnds('....', /\./), '');
  assert.equal(datasetName('/x/__Gun - Point_TRAIN.tsv'), 'Gun Point');
  assert.equal(datasetName('/x/train.csv'), 'x');
  assert.equal(safeFileName(' ..a<b>. '), 'a_b_');
  assert.equal(safeFileName('. .'), 'v2s');
  assert.equal(fileStem('..a.csv', 'b.'), 'a-b');
});
