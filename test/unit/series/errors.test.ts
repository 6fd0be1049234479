// Every error names file, row, column, what was expected and what was found; limits, canceling and progress.
import test from 'node:test';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { CanceledError, V2SError } from '../../../src/engine/errors';
import { looksLikeSeriesFile, previewSeriesFile, readSeriesFile, type ReadOptions } from '../../../src/engine/series';
import { scratch, seriesError } from '../support/series-files';

const TS = '@problemName x\n@univariate true\n@classLabel true a b\n@data\n';
const ARFF = "@relation x\n@attribute t1 numeric\n@attribute t2 real\n@attribute 'my class' {a,'b c'}\n@data\n";

test('errors name file, row, column, expectation and finding', async (t) => {
  const write = await scratch(t);
  /** file name, content, code, row, column, message, options */
  type Case = [string, string | Buffer, string, number | null, number | null, RegExp, ReadOptions?];
  const cases: Case[] = [
    ['a.csv', '1,0.5,0.7\n2,0.1,abc\n', 'series.value', 2, 3, /expected a number, found "abc"/],
    ['a.csv', 'class,a,b\n\n1,0.5,0.7\n2,0x1F,1\n', 'series.value', 4, 2, /expected a number, found "0x1F"/],
    ['a.csv', '1,0.5,"1,234.5"\n2,1.5,2\n', 'series.value', 1, 3, /found "1,234.5".*option "decimal"/],
    ['a.csv', 'a,0.5,0.6\nb,1,\u22122\n', 'series.value', 2, 3, /plain hyphen/],
    ['a.tsv', '1\t0.5\t12%\n2\t1\t2\n', 'series.value', 1, 3, /percent/],
    ['a.csv', '1,0.5,-inf\n2,1.5,2\n', 'series.infinite', 1, 3, /finite number, found "-inf"/],
    ['a.csv', '1,0.5,1e999\n2,1.5,2\n', 'series.infinite', 1, 3, /found "1e999"/],
    ['a.csv', '1,0.5,0.7\n2,,?\n', 'series.empty', 2, 2, /found only missing values/],
    ['a.csv', '', 'series.empty', null, null, /found no rows/],
    ['a.csv', 'class,t1,t2\n', 'series.empty', 1, null, /after the header/],
    ['a.txt', 'This dataset was made\nby a student in a project\n', 'series.not-series', 2, null, /found text: "by/],
    ['a.csv', '1\n2\n3\n', 'series.columns', 1, null, /single column/],
    ['a.csv', 'label,t1,t2\na,1,2\nb,1,2,3\n', 'series.columns', 3, 4, /expected 3 columns as in the header, found 4/],
    ['a.csv', 't1,t2,label\n1,2,a\n1,b\n', 'series.columns', 3, null, /label in column 3, found only 2/],
    ['a.csv', `${'1.5,2,a\n'.repeat(12)}1,2\n`, 'series.columns', 13, null, /expected 3 columns as in the other rows, found 2/],
    ['a.csv', 'u,0.5,0.7,a\nv,0.1,0.3,b\n', 'series.labels', 1, 4, /found text in both the first and the last/],
    ['a.csv', '1,0.5\n2,0.5\n', 'series.labels', 1, null, /column 7, but the row has columns 1 to 2/, { labels: 7 }],
    ['a.csv', 'c,t\n2,0.5\n', 'series.labels', null, null, /"kind"; the header has "c", "t"/, { labels: { name: 'kind' } }],
    ['a.csv', `${'1,0.5\n2,0.5\n'.repeat(120)}0.3,0.5\n`, 'series.label', 241, 1, /class label .*found "0.3"/],
    ['a.csv', '"a,0.5\nb,1\n', 'series.quote', 1, null, /closing quote/],
    ['a.csv', 'b,1,2\n"a"x,0.5,3\n', 'series.quote', 2, 1, /inner quotes doubled/],
    ['a.csv', Buffer.from([0x1f, 0x8b, 8, 0]), 'series.binary', null, null, /gzip/],
    ['a.csv', Buffer.from('PK\u0003\u0004'), 'series.binary', null, null, /Excel workbook/],
    ['a.csv', Buffer.from('1,2\n\u0000\u0000,3\n'), 'series.binary', null, null, /zero bytes/],
    ['a.csv', Buffer.from('1,2\nM\xe4rz,3\n', 'latin1'), 'series.encoding', 2, null, /UTF-8/],
    ['a.ts', "import { x } from 'y';\nexport const z = 1;\n", 'series.typescript', null, null, /TypeScript/],
    ['a.ts', '// a comment\n/* and */\n@Component({})\nclass X {}\n', 'series.typescript', null, null, /TypeScript/],
    ['a.ts', '1,2,3:a\n', 'series.header', 1, null, /"@problemName NAME", found "1,2,3:a"/],
    ['a.ts', `${TS}1,2:a\n1,x2:b\n`, 'series.value', 6, 2, /found "x2"/],
    ['a.ts', `${TS}1,2:a\n1,2:c\n`, 'series.label', 6, 3, /"a", "b".*found "c"/],
    ['a.ts', `${TS}1,2:a\n1,2\n`, 'series.columns', 6, null, /2 parts separated by ":" \(channels, then the label\), found 1/],
    ['a.ts', `@equalLength true\n${TS}1,2:a\n1,2,3:a\n`, 'series.columns', 7, null, /expected 2 values as in row 6.*found 3/],
    ['a.ts', '@univariate true\n@timestamps true\n@classLabel true\n@data\n(1,5),(2,6:a\n', 'series.columns', 5, null, /2 parts separated by ":" \(channels, then the label\), found 1/],
    ['a.ts', '@univariate true\n@timestamps true\n@classLabel true\n@data\n(1,5),(1,6):a\n', 'series.time-stamp', 5, 2, /later/],
    ['a.ts', '@univariate maybe\n@data\n', 'series.header', 1, null, /true or false, found "maybe"/],
    ['a.ts', '@targetlabel true\n@data\n1:2\n', 'series.header', 1, null, /regression/],
    ['a.ts', '@problemName x\n@univariate true\n', 'series.header', null, null, /"@data"/],
    ['a.ts', `${TS}`, 'series.empty', null, null, /after "@data"/],
    ['a.ts', '@univariate false\n@classlabel true\n@data\n1,2:3,4:a\n', 'series.channel', 4, null, /2 channels.*option "channel"/],
    ['a.ts', `${TS}1,2:a\n`, 'series.channel', 5, null, /channel 2, but the file has only one/, { channel: 2 }],
    ['a.arff', `${ARFF}1,2,a\n1,zz,'b c'\n`, 'series.value', 7, 2, /found "zz"/],
    ['a.arff', `${ARFF}1,2,a\n1,2\n`, 'series.columns', 7, null, /expected 3 values, one for each @attribute, found 2/],
    ['a.arff', `${ARFF}1,2,d\n`, 'series.label', 6, 3, /declared in row 4 \("a", "b c"\), found "d"/],
    ['a.arff', `${ARFF}{0 1, 2 a}\n`, 'series.columns', 6, null, /sparse/],
    ['a.arff', `${ARFF}1,2,'b c\n`, 'series.quote', 6, 3, /closing quote/],
    ['a.arff', '@relation x\n@attribute t1 complex\n@data\n1\n', 'series.header', 2, null, /attribute type.*"complex"/],
    ['a.arff', '@relation x\n@attribute t1 numeric\n', 'series.header', null, null, /"@data"/],
  ]; // prettier-ignore
  for (const [name, content, code, row, column, message, options] of cases) {
    const path = await write(name, content);
    const what = JSON.stringify(content.toString()).slice(0, 200);
    const error = await seriesError(readSeriesFile(path, options)).catch((other) => assert.fail(`${what}: ${other}`));
    assert.equal(error.code, code, `${what}: ${error.message}`);
    assert.deepEqual([error.file, error.row, error.column], [path, row, column], `${what}: ${error.message}`);
    assert.match(error.message, message, what);
    const place = [path, row && `row ${row}`, column && `column ${column}`].filter(Boolean).join(', ');
    assert.ok(error.message.startsWith(`${place}: `), error.message);
    // The preview says the same, as a problem that can be corrected, or as an error where there is nothing to show.
    const problem = await previewSeriesFile(path, options).then(
      (preview) => preview.problem,
      (thrown: V2SError) => thrown,
    );
    assert.equal(problem?.code, code, what);
    if (!options) assert.equal(await looksLikeSeriesFile(path), code === 'series.channel', what);
  }
});

test('a file that cannot be opened', async (t) => {
  const write = await scratch(t);
  const folder = join(await write('x', ''), '..');
  for (const path of [join(folder, 'nowhere.csv'), folder])
    await assert.rejects(
      readSeriesFile(path),
      (error: V2SError) => error instanceof V2SError && error.message.includes(path),
    );
});

test('limits are options with clear errors', async (t) => {
  const write = await scratch(t);
  const path = await write('a.csv', 'class,t1,t2,t3\n' + 'a,0.5,0.25,0.75\n'.repeat(1000));
  const cases: [keyof Required<ReadOptions>['limits'], number, number | null][] = [
    ['maxBytes', 1000, null],
    ['maxRowBytes', 14, 2],
    ['maxValues', 2999, 1001],
    ['maxSeries', 999, 1001],
  ];
  for (const [name, limit, row] of cases) {
    const error = await seriesError(readSeriesFile(path, { limits: { [name]: limit } }));
    assert.equal(error.code, 'series.limit');
    assert.equal(error.row, row, error.message);
    assert.ok(error.message.includes(`"${name}"`) && error.message.includes(String(limit)), error.message);
    const enough = { maxBytes: 16_015, maxRowBytes: 15, maxValues: 3000, maxSeries: 1000 }[name];
    assert.equal((await readSeriesFile(path, { limits: { [name]: enough } })).series.length, 1000);
  }
});

test('reading can be canceled and reports its progress', async (t) => {
  const write = await scratch(t);
  const size = 3 * 2 ** 20;
  const path = await write('a.csv', 'a,0.5,0.25,0.75\n'.repeat(size / 16));
  const seen: [number, number][] = [];
  await readSeriesFile(path, { onProgress: (done, total) => seen.push([done, total]) });
  assert.deepEqual(seen.at(-1), [size, size]);
  assert.ok(seen.length >= 3);
  const stop = new AbortController();
  await assert.rejects(
    readSeriesFile(path, { signal: stop.signal, onProgress: (done) => done < size && stop.abort() }),
    CanceledError,
  );
  await assert.rejects(readSeriesFile(path, { signal: AbortSignal.abort() }), CanceledError);
});

test('missing values of .ts and .arff, comments and letter case anywhere', async (t) => {
  const write = await scratch(t);
  const ts = await readSeriesFile(
    await write(
      'm.ts',
      '%a comment\n#another\n@PROBLEMNAME x\n@Missing TRUE\n@UniVariate True\n@CLASSLABEL TRUE 1.0 2\n@Data\n?,1,?,3,?:1\n# inside\n4,5:2.0\n',
    ),
  );
  assert.deepEqual(
    ts.series.map(({ label, values, row }) => [label, [...values], row]),
    [
      ['1', [1, 1, 2, 3], 8],
      ['2', [4, 5], 10],
    ],
  );
  assert.equal(ts.notes.length, 4);
  const bare = await readSeriesFile(await write('b.ts', '@univariate true\n@classLabel false\n@data\n1,2\n3,4\n'));
  assert.deepEqual(
    bare.series.map(({ label }) => label),
    [null, null],
  );
  const arff = await readSeriesFile(
    await write(
      'm.arff',
      "% c\n@RELATION 'x y'\n@Attribute 'a b' NUMERIC\n@attribute \"q\" Real\n@attribute t integer\n@attribute target {-1.0, 1.0}\n\n@DATA\n1,?,2,-1\n%\n ? , 3 , ? , 1.0 \n",
    ),
  );
  assert.deepEqual(
    arff.series.map(({ label, values, row }) => [label, [...values], row]),
    [
      ['-1', [1, 1.5, 2], 9],
      ['1', [3, 3], 11],
    ],
  );
  assert.deepEqual(arff.format.columnNames, ['a b', 'q', 't', 'target']);
});
