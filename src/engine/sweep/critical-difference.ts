import type { Comparison } from './comparison';
import { escapeMarkup } from './markup';

const WIDTH = 760;
const MARGIN = 230;
const TOP = 40;
const ROW = 24;
const BAR = 9;

/**
 * Critical-difference diagram as SVG, drawn as in Demsar (2006): mean ranks on an axis with the best at the right, and a bar over
 * each group of classifiers among which no difference is significant (Wilcoxon with Holm's correction).
 * @returns null without a ranking
 */
export function criticalDifferenceSvg({ classifiers, ranking }: Comparison): string | null {
  if (!ranking) return null;
  const { meanRanks } = ranking.friedman;
  const k = classifiers.length;
  const x = (rank: number): number => MARGIN + ((k - rank) / (k - 1)) * (WIDTH - 2 * MARGIN);
  const order = classifiers.map((_, c) => c).sort((a, b) => meanRanks[a] - meanRanks[b]);
  const right = Math.ceil(k / 2);
  const bars = TOP + 14;
  const labels = bars + ranking.cliques.length * BAR + 12;
  const height = labels + right * ROW;
  const parts: string[] = [line(x(k), TOP, x(1), TOP)];
  for (let rank = 1; rank <= k; rank++) {
    parts.push(line(x(rank), TOP - 7, x(rank), TOP));
    parts.push(text(x(rank), TOP - 12, String(rank), 'middle'));
  }
  order.forEach((c, place) => {
    const atRight = place < right;
    const y = labels + (atRight ? place : k - 1 - place) * ROW;
    const end = atRight ? WIDTH - MARGIN + 12 : MARGIN - 12;
    const at = x(meanRanks[c]);
    parts.push(`<path d="M${n(at)} ${TOP}V${n(y)}H${n(end)}"/>`);
    const name = `${classifiers[c]} (${meanRanks[c].toFixed(2)})`;
    parts.push(text(atRight ? end + 6 : end - 6, y + 4, name, atRight ? 'start' : 'end'));
  });
  ranking.cliques.forEach((clique, i) => {
    const found = clique.map((c) => x(meanRanks[c]));
    const y = bars + i * BAR;
    parts.push(`<path class="bar" d="M${n(Math.min(...found) - 4)} ${y}H${n(Math.max(...found) + 4)}"/>`);
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" ` +
    `aria-label="Critical-difference diagram"><style>path{fill:none;stroke:currentColor}.bar{stroke-width:4}` +
    `text{font:12px sans-serif;fill:currentColor}</style>${parts.join('')}</svg>\n`
  );
}

const n = (value: number): string => String(Number(value.toFixed(2)));

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<path d="M${n(x1)} ${n(y1)}L${n(x2)} ${n(y2)}"/>`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${n(x)}" y="${n(y)}" text-anchor="${anchor}">${escapeMarkup(content)}</text>`;
}
