import type { SaliencyView, saliencyPanel } from '../../src/protocol/panels/saliency';
import { button } from '../shared/controls/button';
import { element } from '../shared/dom';
import { formatPercent } from '../shared/model/format';
import type { PanelContext } from '../shared/panel';
import { t } from '../shared/strings';
import { CHANGES, replaced, type ChangeKind, type Span } from './changed-values';

interface SeriesChangesEvents {
  /** the changed series is to be drawn anew */
  onChange(): void;
  onProbabilities(probabilities: ArrayLike<number> | null): void;
  /** whether dragging selects a span rather than zooming */
  onActive(active: boolean): void;
}

/** What if: a span of the series is changed, and the probabilities follow. */
export class SeriesChanges {
  readonly element: HTMLElement;
  readonly #toggle = button(t('What if…'), () => this.#setActive(!this.#active));
  readonly #tools = element('div', {
    class: 'change-tools',
    role: 'toolbar',
    'aria-label': t('Change a span'),
    hidden: true,
  });
  readonly #said = element('span', { class: 'muted' });
  readonly #undo = button(t('Undo'), () => this.#back(), { title: t('Undo the last change (Ctrl+Z)') });
  readonly #kinds: readonly { readonly element: HTMLElement; disabled: boolean }[];
  #active = false;
  #data: SaliencyView | null = null;
  #key = '';
  #span: Span | null = null;
  #versions: Float64Array[] = [];
  #controller: AbortController | null = null;

  constructor(
    private readonly context: Pick<
      PanelContext<typeof saliencyPanel.host, object>,
      'remote' | 'attempt' | 'announce' | 'notice'
    >,
    private readonly events: SeriesChangesEvents,
  ) {
    const kind = (label: string, change: ChangeKind) => button(label, () => this.#change(change));
    const kinds = [
      kind(t('Flatten'), 'flatten'),
      kind(t('Scale up'), 'grow'),
      kind(t('Scale down'), 'shrink'),
      kind(t('Shift up'), 'raise'),
      kind(t('Shift down'), 'lower'),
    ];
    const mean = button(t('Mean of the other class'), () => void this.#replace());
    this.#kinds = [...kinds, mean];
    const reset = button(t('Reset'), () => this.#reset(), { title: t('Take back all changes') });
    this.#tools.append(...this.#kinds.map((made) => made.element), this.#undo.element, reset.element, this.#said);
    this.element = element('div', { class: 'changes' }, this.#toggle.element, this.#tools);
    this.#toggle.pressed = false;
    document.addEventListener('keydown', (event) => {
      if (!this.#active || event.key !== 'z' || !(event.ctrlKey || event.metaKey) || this.#versions.length === 0)
        return;
      event.preventDefault();
      this.#back();
    });
  }

  /** The changed series; null while nothing is changed. */
  get values(): Float64Array | null {
    return this.#versions.at(-1) ?? null;
  }

  /** Another series takes the changes back; another picture of the same one keeps them. */
  set(data: SaliencyView): void {
    this.#data = data;
    const key = JSON.stringify([data.file, data.program, data.index]);
    if (key === this.#key) return;
    this.#key = key;
    this.#span = null;
    this.#versions = [];
    this.#controller?.abort();
    this.#tell();
    // The panel draws the new series itself.
    this.events.onProbabilities(null);
  }

  select(span: Span | null): void {
    this.#span = span;
    this.#tell();
    if (span) this.context.announce(t('Selected: values {0} to {1}', span.from, span.to - 1));
  }

  #setActive(active: boolean): void {
    this.#active = active;
    this.#toggle.pressed = active;
    this.#tools.hidden = !active;
    this.events.onActive(active);
    if (!active) this.#span = null;
    this.#tell();
  }

  #tell(): void {
    for (const made of this.#kinds) made.disabled = this.#span === null;
    this.#undo.disabled = this.#versions.length === 0;
    this.#said.textContent =
      this.#span === null
        ? t('Drag over the series, or press [ and ] at the cursor, to select a span.')
        : t('Values {0} to {1}', this.#span.from, this.#span.to - 1);
  }

  #change(kind: ChangeKind): void {
    if (!this.#data || !this.#span) return;
    const { series } = this.#data.explanation;
    this.#versions.push(CHANGES[kind](this.values ?? series, this.#span, series));
    this.#follow();
  }

  /** Takes the mean of the class that this one is compared with, of the series in the same file. */
  async #replace(): Promise<void> {
    const data = this.#data;
    const label = data?.contrast ?? data?.target;
    if (!data || label === undefined) return;
    const answer = await this.context.attempt(this.context.remote.classMean({ label }));
    if (!answer || this.#data?.index !== data.index || !this.#span) return;
    if (answer.values === null)
      return this.context.notice(t('This file has no series of {0} with as many values.', label));
    this.#versions.push(replaced(this.values ?? data.explanation.series, this.#span, answer.values));
    this.#follow();
  }

  #back(): void {
    this.#versions.pop();
    this.#follow();
  }

  #reset(): void {
    this.#versions = [];
    this.#follow();
  }

  /** Draws the series and asks how it is classified; an answer that is no longer wanted is canceled. */
  #follow(): void {
    this.#controller?.abort();
    this.#controller = null;
    this.#tell();
    const { values } = this;
    if (values === null) this.events.onProbabilities(null);
    this.events.onChange();
    if (values === null) return;
    const controller = new AbortController();
    this.#controller = controller;
    const { remote } = this.context;
    void this.context.attempt(remote.whatIf({ values }, { signal: controller.signal })).then((answer) => {
      if (!answer || controller.signal.aborted || !this.#data) return;
      const { probabilities } = answer;
      this.events.onProbabilities(probabilities);
      const best = probabilities.indexOf(Math.max(...probabilities));
      this.context.announce(t('Now {0}, {1}', this.#data.classNames[best], formatPercent(probabilities[best])));
    });
  }
}
