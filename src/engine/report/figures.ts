import { Html, html } from './html';

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 52;
const BOTTOM = 34;
const TOP = 10;
const RIGHT = 10;
/** Columns in which a clip is drawn, each from its lowest to its highest value. */
const COLUMNS = 560;

interface Line {
  name: string;
  /** class of the style sheet */
  kind: 'first' | 'second';
  points: readonly { x: number; y: number }[];
}

/** Lines over whole numbers, with axes and a legend; an empty figure says so. */
export function lineFigure(title: string, xTitle: string, lines: readonly Line[], percent: boolean): Html {
  const all = lines.flatMap(({ points }) => points).filter(({ y }) => Number.isFinite(y));
  if (all.length === 0) return html`<p class="muted">${title}: there are no figures.</p>`;
  const [x0, x1] = extent(all.map(({ x }) => x));
  let [y0, y1] = extent(all.map(({ y }) => y));
  if (y1 - y0 < 1e-9) [y0, y1] = [y0 - 0.05, y1 + 0.05];
  const x = (value: number): number => LEFT + ((value - x0) / (x1 - x0 || 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + (1 - (value - y0) / (y1 - y0)) * (HEIGHT - TOP - BOTTOM);
  const label = (value: number): string => (percent ? `${(100 * value).toFixed(1)} %` : value.toPrecision(3));
  const ticks = [y0, (y0 + y1) / 2, y1].map(
    (value) =>
      html`<path class="grid" d="M${LEFT} ${y(value).toFixed(1)}H${WIDTH - RIGHT}" /><text
          x="${LEFT - 6}"
          y="${(y(value) + 4).toFixed(1)}"
          text-anchor="end"
          >${label(value)}</text
        >`,
  );
  const drawn = lines.map(({ kind, points }) => {
    const path = points
      .filter((point) => Number.isFinite(point.y))
      .map((point, i) => `${i === 0 ? 'M' : 'L'}${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)}`)
      .join('');
    return html`<path class="line ${kind}" d="${new Html(path)}" />`;
  });
  const legend = lines.map(({ name, kind }) => html`<span class="key ${kind}">${name}</span>`);
  return html`<figure>
    <figcaption>${title} ${legend}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
      ${ticks}${drawn}
      <text x="${LEFT}" y="${HEIGHT - 12}">${x0}</text>
      <text x="${WIDTH - RIGHT}" y="${HEIGHT - 12}" text-anchor="end">${x1}</text>
      <text x="${(LEFT + WIDTH) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${xTitle}</text>
    </svg>
  </figure>`;
}

/** A clip of one second as an envelope. @param samples at 16 kHz */
export function clipFigure(title: string, samples: Float32Array): Html {
  const largest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const middle = TOP + (HEIGHT - TOP - BOTTOM) / 2;
  const y = (value: number): string => (middle - (value / largest) * (middle - TOP)).toFixed(1);
  const step = (WIDTH - LEFT - RIGHT) / COLUMNS;
  let path = '';
  for (let c = 0; c < COLUMNS; c++) {
    const part = samples.subarray(
      Math.floor((c * samples.length) / COLUMNS),
      Math.floor(((c + 1) * samples.length) / COLUMNS),
    );
    const [low, high] = extent(part);
    path += `M${(LEFT + c * step).toFixed(1)} ${y(low)}V${y(high)}`;
  }
  return html`<figure>
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
      <path class="grid" d="M${LEFT} ${middle}H${WIDTH - RIGHT}" />
      <path class="line first" d="${new Html(path)}" />
      <text x="${LEFT - 6}" y="${TOP + 8}" text-anchor="end">${largest.toPrecision(2)}</text>
      <text x="${LEFT}" y="${HEIGHT - 12}">0 s</text>
      <text x="${WIDTH - RIGHT}" y="${HEIGHT - 12}" text-anchor="end">1 s</text>
    </svg>
  </figure>`;
}

/** Counts [true class][predicted class], shaded by their share of the true class. */
export function confusionTable(classNames: readonly string[], counts: readonly (readonly number[])[]): Html {
  const rows = counts.map((row, c) => {
    const total = row.reduce((sum, count) => sum + count, 0) || 1;
    const cells = row.map(
      (count, p) =>
        html`<td class="${p === c ? 'right' : 'wrong'}" style="--share:${Math.round((100 * count) / total)}%">
          ${count}
        </td>`,
    );
    return html`<tr>
      <th scope="row">${classNames[c]}</th>
      ${cells}
    </tr>`;
  });
  return html`<table class="confusion">
    <caption>
      Rows: class in the file. Columns: predicted class.
    </caption>
    <tr>
      <td></td>
      ${classNames.map((name) => html`<th scope="col">${name}</th>`)}
    </tr>
    ${rows}
  </table>`;
}

/** Lowest and highest; of nothing 0. A loop, because an argument list has a limit. */
function extent(values: ArrayLike<number>): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return values.length > 0 ? [low, high] : [0, 0];
}
