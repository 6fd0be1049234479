import type { OutputKind } from '../files/outputs';
import { SIGNIFICANCE, type Cell, type Comparison } from './comparison';
import { criticalDifferenceSvg } from './critical-difference';
import { escapeMarkup as text } from './markup';
import type { TaskProgress } from './sweep-folder';

export const REPORT_HTML: OutputKind = { name: 'a report of a sweep', begins: /^<!doctype html>\n<!-- v2s sweep -->/ };

/** Failures that are told in full. */
const MAX_FAILURES = 20;

const STYLE = `
:root{color-scheme:light dark}
body{font:14px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}
th,td{padding:.2rem .6rem;text-align:right;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent)}
th:first-child,td:first-child{text-align:left}
td.best{font-weight:700}
small,figcaption{opacity:.75}
.wide{overflow-x:auto}
`;

/** The report as one HTML page that loads nothing. @param name of the sweep */
export function reportHtml(name: string, progress: readonly TaskProgress[], comparison: Comparison): string {
  const done = progress.filter(({ state }) => state === 'done').length;
  const sections = [
    `<h1>${text(name)}</h1>`,
    `<p>${done} of ${progress.length} runs are done. Accuracies are in percent on TEST, as mean ± standard deviation over the seeds. ` +
      'TEST is looked at once per run, at its end.</p>',
    accuracies(comparison),
    ranking(comparison),
    seconds(comparison),
    failures(progress),
  ];
  return (
    '<!doctype html>\n<!-- v2s sweep -->\n<html lang="en"><head><meta charset="utf-8">' +
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">` +
    `<meta name="viewport" content="width=device-width"><title>${text(name)}</title><style>${STYLE}</style></head>\n<body>\n` +
    `${sections.filter((section) => section !== '').join('\n')}\n</body></html>\n`
  );
}

const percent = (share: number): string => (100 * share).toFixed(2);

function table(head: readonly string[], rows: readonly string[]): string {
  const cells = head.map((title) => `<th scope="col">${text(title)}</th>`).join('');
  return `<div class="wide"><table><thead><tr>${cells}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table></div>`;
}

const row = (title: string, cells: readonly string[]): string =>
  `<tr><th scope="row">${text(title)}</th>${cells.map((cell) => (cell.startsWith('<td') ? cell : `<td>${cell}</td>`)).join('')}</tr>`;

function accuracies({ dataSets, classifiers, cells, complete, means, ranking: ranked }: Comparison): string {
  const rows = dataSets.map((data, d) => {
    const best = Math.max(...cells[d].map((cell) => cell?.mean ?? -1));
    return row(
      data,
      cells[d].map((cell) => accuracyCell(cell, best)),
    );
  });
  if (means.length > 0) {
    rows.push(row(`Mean of ${complete.length}`, means.map(percent)));
    if (ranked)
      rows.push(
        row(
          'Mean rank',
          ranked.friedman.meanRanks.map((rank) => rank.toFixed(2)),
        ),
      );
  }
  const left = dataSets.filter((_, d) => !complete.includes(d));
  const note =
    left.length > 0
      ? `<p>Not every planned run is done on ${left.map(text).join(', ')}. Means, ranks and tests leave them out.</p>`
      : '';
  return `<h2>Accuracy</h2>${table(['Data set', ...classifiers], rows)}${note}`;
}

function accuracyCell(cell: Cell | null, best: number): string {
  if (!cell) return '<td>–</td>';
  const { mean, deviation, runs, planned } = cell;
  const spread = deviation === null ? '' : ` <small>± ${percent(deviation)}</small>`;
  const partly = runs < planned ? ` <small>(${runs} of ${planned})</small>` : '';
  return `<td${mean === best ? ' class="best"' : ''}>${percent(mean)}${spread}${partly}</td>`;
}

function ranking(comparison: Comparison): string {
  const { classifiers, complete, ranking: ranked } = comparison;
  if (!ranked)
    return '<h2>Ranks</h2><p>Ranks and tests need two classifiers and two data sets on which every planned run is done.</p>';
  const { friedman, pairs } = ranked;
  const verdict =
    friedman.p < SIGNIFICANCE
      ? 'The classifiers differ. A bar joins those among which no difference is significant'
      : 'No difference among the classifiers is significant, so that one bar joins all of them';
  const rows = pairs.map(({ a, b, wins, ties, losses, p, adjusted }) =>
    row(`${classifiers[a]} – ${classifiers[b]}`, [
      `${wins} / ${ties} / ${losses}`,
      probability(p),
      `<td${adjusted < SIGNIFICANCE ? ' class="best"' : ''}>${probability(adjusted)}</td>`,
    ]),
  );
  return (
    `<h2>Ranks</h2><figure>${criticalDifferenceSvg(comparison)}<figcaption>Mean ranks over ${complete.length} data sets; the best is at ` +
    `the right. Friedman’s test: χ² = ${friedman.chi2.toFixed(2)} with ${friedman.degrees} degrees of freedom, p ${friedman.p < SMALLEST ? '' : '= '}${probability(friedman.p)}. ` +
    `${verdict} (Wilcoxon’s signed-rank test, Holm’s correction, level ${SIGNIFICANCE}).</figcaption></figure>` +
    `<h2>Pairs</h2>${table(['Pair', 'Wins / ties / losses', 'p', 'p by Holm'], rows)}`
  );
}

/** Below this, a chance is told as a bound. */
const SMALLEST = 0.0001;

const probability = (p: number): string => (p < SMALLEST ? `&lt; ${SMALLEST}` : p.toFixed(4));

function seconds({ dataSets, classifiers, cells }: Comparison): string {
  const rows = dataSets.map((data, d) =>
    row(
      data,
      cells[d].map((cell) => (cell ? cell.seconds.toFixed(1) : '–')),
    ),
  );
  return `<h2>Seconds per run</h2>${table(['Data set', ...classifiers], rows)}`;
}

function failures(progress: readonly TaskProgress[]): string {
  const failed = progress.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return '';
  const items = failed
    .slice(0, MAX_FAILURES)
    .map(({ task, record }) => `<li>${text(task.id)}: ${text(record?.error?.message ?? '')}</li>`);
  const more = failed.length > MAX_FAILURES ? `<p>Further failed runs: ${failed.length - MAX_FAILURES}.</p>` : '';
  return `<h2>Failed runs</h2><ul>${items.join('')}</ul>${more}`;
}
