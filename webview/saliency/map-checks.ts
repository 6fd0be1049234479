import type { MapChecks, SaliencyView as SaliencyData, saliencyPanel } from '../../src/protocol/panels/saliency';
import { button } from '../shared/controls/button';
import { progressBar } from '../shared/controls/progress';
import { element } from '../shared/dom';
import { errorCode, errorMessage, isCanceled } from '../shared/page';
import type { PanelContext } from '../shared/panel';
import { t } from '../shared/strings';
import { CheckChart, type OrderCurve } from './check-chart';
import { checksTable, formatArea, formatCorrelation, verdict, type CheckedMap } from './check-words';
import { sourceName } from './source-names';

/** What was checked, as it is remembered over a reload. */
export type CheckedKey = string;

/** What the checks depend on; the method does not matter, because all maps are checked at once. */
function checkedKey({ file, program, index, target }: SaliencyData): CheckedKey {
  return JSON.stringify([file, program, index, target]);
}

/** Faithfulness and sanity check of the maps that are shown: asked for by one click, drawn as two plots and a table. */
export class MapChecksView {
  readonly element: HTMLElement;
  readonly #body = element('div', { class: 'checks-body' });
  readonly #deletion = new CheckChart(t('Deletion: lower is better'), t('share of the series deleted'));
  readonly #insertion = new CheckChart(t('Insertion: higher is better'), t('share of the series inserted'));
  readonly #verdict = element('p', { class: 'checks-verdict', role: 'status' });
  readonly #table = element('div', { class: 'checks-table' });
  readonly #picture = element('div', { class: 'checks-picture' });
  readonly #ready: HTMLElement;
  #data: SaliencyData | null = null;
  #checks: MapChecks | null = null;
  /** map whose curves are drawn */
  #chosen = '';
  #controller: AbortController | null = null;

  /** @param onChecked told what has been checked, null when it no longer is */
  constructor(
    private readonly context: Pick<
      PanelContext<typeof saliencyPanel.host, object>,
      'remote' | 'theme' | 'announce' | 'exportButtons' | 'onTheme'
    >,
    private readonly onChecked: (key: CheckedKey | null) => void,
  ) {
    this.#picture.append(
      element('div', { class: 'checks-charts' }, this.#deletion.element, this.#insertion.element),
      this.#verdict,
      this.#table,
    );
    this.#ready = element(
      'div',
      { class: 'checks-ready' },
      this.#picture,
      element(
        'p',
        { class: 'muted hint' },
        t(
          'How to read it: deletion replaces values by the mean of the series, the most salient first. Insertion puts them back into a constant series. With a faithful map the probability falls early in deletion and rises early in insertion. The area, which is the mean of the curve, shows how early. The rank correlation compares the map with the one for shuffled weights; near 0 the map shows what the model has learned. All of this is about one series only.',
        ),
      ),
      context.exportButtons({
        name: () => [this.#data?.fileName ?? 'series', `series-${(this.#data?.index ?? 0) + 1}`, 'checks'],
        picture: () => this.#picture,
        table: () => (this.#checks ? checksTable(this.#checks) : { header: [], rows: [] }),
        json: () => this.#checks,
      }),
    );
    this.element = element(
      'section',
      { class: 'checks', 'aria-label': t('Checks of the maps') },
      element('h2', {}, t('Can you trust these maps?')),
      this.#body,
    );
    context.onTheme(() => this.#drawChecks());
    this.#idle();
  }

  /** Another series, class or method is shown. @param checked what had been checked when the page was last seen */
  update(data: SaliencyData, checked: unknown): void {
    const key = checkedKey(data);
    const same = this.#data !== null && checkedKey(this.#data) === key;
    const source = data.method === 'grad-cam' ? data.layer : data.method;
    const changed = this.#data?.method !== data.method || this.#data.layer !== data.layer;
    this.#data = data;
    if (changed && source !== null) this.#chosen = source;
    if (same) return this.#drawChecks();
    this.#controller?.abort();
    this.#checks = null;
    this.#chosen = source ?? '';
    this.#idle();
    if (checked === key) void this.#run();
    else this.onChecked(null);
  }

  #idle(): void {
    this.#body.replaceChildren(
      element(
        'p',
        { class: 'muted hint' },
        t(
          'Two tests of the maps of this series: Is the class lost sooner when values are deleted in the order of a map than in random order? Does the map change when the weights of the model are shuffled? The tests take some seconds.',
        ),
      ),
      element('div', {}, button(t('Check These Maps'), () => void this.#run()).element),
    );
  }

  async #run(): Promise<void> {
    const data = this.#data;
    if (!data) return;
    const controller = new AbortController();
    this.#controller = controller;
    const bar = progressBar(t('Checking the maps'));
    const cancel = button(t('Cancel'), () => controller.abort());
    this.#body.replaceChildren(
      element(
        'div',
        { class: 'checks-running' },
        element('span', {}, t('Deleting and inserting values…')),
        bar.element,
        cancel.element,
      ),
    );
    // The button that was pressed is gone: its successor takes the focus.
    cancel.element.focus();
    this.context.announce(t('Checking the maps'));
    try {
      const checks = await this.context.remote.check(
        {},
        {
          signal: controller.signal,
          onProgress: ({ done, total }) => (bar.fraction = total > 0 ? done / total : null),
        },
      );
      if (this.#controller !== controller) return;
      this.#checks = checks;
      this.onChecked(checkedKey(data));
      this.#body.replaceChildren(this.#ready);
      this.#drawChecks();
    } catch (error) {
      if (this.#controller !== controller) return;
      if (isCanceled(error)) this.#idle();
      else this.#failed(errorMessage(error), errorCode(error));
    } finally {
      if (this.#controller === controller) this.#controller = null;
    }
  }

  #failed(message: string, code: string): void {
    this.#body.replaceChildren(
      element('p', { role: 'alert', class: 'problem' }, message, ' ', element('code', {}, code)),
      element('div', {}, button(t('Try Again'), () => void this.#run()).element),
    );
  }

  #drawChecks(): void {
    const checks = this.#checks;
    if (!checks) return;
    const map = checks.maps.find(({ source }) => source === this.#chosen) ?? checks.maps[checks.maps.length - 1];
    const { theme } = this.context;
    const curves = (kind: 'deletion' | 'insertion'): OrderCurve[] => [
      {
        name: t('random order'),
        color: theme.second,
        dash: '5 4',
        values: checks.random[kind],
        area: checks.random[`${kind}Area`],
      },
      { name: sourceName(map.source), color: theme.accent, dash: '', values: map[kind], area: map[`${kind}Area`] },
    ];
    this.#deletion.set(checks.shares, curves('deletion'));
    this.#insertion.set(checks.shares, curves('insertion'));
    this.#verdict.textContent = verdict(map, checks);
    this.#drawTable(checks, map);
  }

  #drawTable(checks: MapChecks, chosen: CheckedMap): void {
    const focused = this.#table.contains(document.activeElement) ? document.activeElement?.textContent : null;
    const heads = [t('map'), t('deletion area'), t('insertion area'), t('beats random order'), t('rank correlation')];
    const row = (name: Node | string, cells: string[], isChosen = false): HTMLElement =>
      element(
        'tr',
        { class: isChosen ? 'cursor-item' : null },
        element('th', { scope: 'row' }, name),
        ...cells.map((cell) => element('td', { class: 'number-cell' }, cell)),
      );
    const rows = checks.maps.map((map) => {
      const name = sourceName(map.source);
      const choose = element(
        'button',
        { type: 'button', class: 'plain-button', 'aria-pressed': String(map === chosen) },
        name,
      );
      choose.addEventListener('click', () => {
        this.#chosen = map.source;
        this.#drawChecks();
      });
      const { deletionArea, insertionArea, correlation } = map;
      return row(
        choose,
        [formatArea(deletionArea), formatArea(insertionArea), beats(map), formatCorrelation(correlation)],
        map === chosen,
      );
    });
    const { deletionArea, insertionArea } = checks.random;
    this.#table.replaceChildren(
      element(
        'table',
        {},
        element('caption', { class: 'visually-hidden' }, t('Checks of every map. Choose one to see its curves.')),
        element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
        element(
          'tbody',
          {},
          ...rows,
          row(t('random order'), [formatArea(deletionArea), formatArea(insertionArea), '', '']),
        ),
      ),
    );
    // Drawn anew, the table must not take the focus away.
    if (focused)
      [...this.#table.querySelectorAll('button')].find(({ textContent }) => textContent === focused)?.focus();
  }
}

/** In which of the two tests a map is better than chance. */
function beats({ constant, deletionBeatsRandom, insertionBeatsRandom }: CheckedMap): string {
  if (constant) return t('constant map');
  if (deletionBeatsRandom && insertionBeatsRandom) return t('✓ both');
  if (deletionBeatsRandom) return t('✓ deletion');
  return insertionBeatsRandom ? t('✗ insertion only') : t('✗ neither');
}
