import type { SaliencyView, saliencyPanel } from '../../src/protocol/panels/saliency';
import type { SaliencyMethod } from '../../src/protocol/values';
import { button } from '../shared/controls/button';
import { checkbox, select } from '../shared/controls/choices';
import { numberField } from '../shared/controls/inputs';
import { element } from '../shared/dom';
import type { PanelContext } from '../shared/panel';
import { formatPercent } from '../shared/model/format';
import { t } from '../shared/strings';
import { OverflowRow } from './overflow-row';
import { sourceName } from './source-names';

const PREDICTED = '\u0000predicted';
const NEXT = '\u0000next';
const ALL = '';

interface SaliencyToolbarEvents {
  onAllLayers(): void;
  /** of the maps over the mel-spectrogram, 0 to 1 */
  onOpacity(opacity: number): void;
  onListen(): void;
  onZoom(factor: number): void;
  onShowAll(): void;
}

/** Which series is explained, for which class, by which method and layers; listening, zooming, following the editor. */
export class SaliencyToolbar {
  readonly #previous = button('‹', () => this.move(-1), { appearance: 'icon', title: t('Previous series (Page Up)') });
  readonly #next = button('›', () => this.move(1), { appearance: 'icon', title: t('Next series (Page Down)') });
  readonly #previousError = button('‹✗', () => this.moveToError(-1), {
    appearance: 'icon',
    title: t('Previous error (Shift+Page Up)'),
  });
  readonly #nextError = button('✗›', () => this.moveToError(1), {
    appearance: 'icon',
    title: t('Next error (Shift+Page Down)'),
  });
  readonly #goTo = numberField(t('Series'), 1, { min: 1, max: 1e9, integer: true }, (number) =>
    this.#goToNumber(number),
  );
  readonly #target = select(t('Class'), [{ value: PREDICTED, text: '' }], PREDICTED, (value) =>
    this.#choose({ target: value === PREDICTED ? null : value }),
  );
  readonly #contrast = select(t('Rather than'), [{ value: NEXT, text: '' }], NEXT, (value) =>
    this.#choose({ contrast: value === NEXT ? null : value }),
  );
  readonly #member = select(t('Member'), [{ value: ALL, text: t('all, added up') }], ALL, (value) =>
    this.#choose({ member: value === ALL ? null : Number(value) }),
  );
  readonly #method = select(t('Method'), [], '', (value) => this.#choose({ method: value as SaliencyMethod }));
  readonly #layer = select(t('Layer'), [], '', (value) => this.#choose({ layer: value }));
  readonly #allLayers;
  readonly #listen;
  readonly #follow;
  readonly #opacity: HTMLInputElement;
  readonly #row: OverflowRow;
  #data: SaliencyView | null = null;

  constructor(
    private readonly context: Pick<PanelContext<typeof saliencyPanel.host, object>, 'remote' | 'attempt' | 'announce'>,
    { allLayers, opacity }: { allLayers: boolean; opacity: number },
    { onAllLayers, onOpacity, onListen, onZoom, onShowAll }: SaliencyToolbarEvents,
  ) {
    const { remote } = context;
    this.#allLayers = checkbox(t('All layers'), allLayers, onAllLayers);
    this.#listen = button(t('Listen'), onListen, { title: t('Listen to the reprogrammed second') });
    this.#follow = checkbox(
      t('Follow editor'),
      true,
      (following) => void context.attempt(remote.follow({ following })),
    );
    const zoom = element(
      'div',
      { class: 'zoom', role: 'group', 'aria-label': t('Zoom') },
      button('−', () => onZoom(1 / 1.6), { appearance: 'icon', title: t('Zoom out') }).element,
      button('+', () => onZoom(1.6), { appearance: 'icon', title: t('Zoom in') }).element,
      button(t('All'), onShowAll, { appearance: 'secondary', title: t('Show all') }).element,
    );
    const program = button(t('Program…'), () => void context.attempt(remote.chooseProgram({})), {
      title: t('Choose the program to explain'),
    });
    this.#opacity = element('input', {
      type: 'range',
      'aria-label': t('Map opacity'),
      min: 0,
      max: 100,
      step: 5,
      value: Math.round(100 * opacity),
    });
    this.#opacity.addEventListener('input', () => onOpacity(this.opacity));
    const slider = element(
      'label',
      { class: 'field' },
      element('span', { class: 'muted' }, t('Map opacity')),
      this.#opacity,
    );
    this.#row = new OverflowRow([
      element('div', { class: 'stepper' }, this.#previous.element, this.#goTo.element, this.#next.element),
      element('div', { class: 'stepper' }, this.#previousError.element, this.#nextError.element),
      this.#target.element,
      this.#contrast.element,
      this.#listen.element,
      zoom,
      this.#layer.element,
      this.#method.element,
      this.#member.element,
      slider,
      this.#allLayers.element,
      this.#follow.element,
      program.element,
    ]);
  }

  get element(): HTMLElement {
    return this.#row.element;
  }

  get opacity(): number {
    return Number(this.#opacity.value) / 100;
  }

  get allLayers(): boolean {
    return this.#allLayers.value;
  }

  set isPlaying(playing: boolean) {
    this.#listen.label = playing ? t('Stop') : t('Listen');
  }

  /** Whether the map of a layer is to be shown. */
  shows(layer: string): boolean {
    const data = this.#data;
    return data !== null && (this.allLayers || layer === data.layer);
  }

  set(data: SaliencyView): void {
    this.#data = data;
    this.#goTo.value = data.index + 1;
    this.#previous.disabled = data.index === 0;
    this.#next.disabled = data.index >= data.count - 1;
    this.#target.setOptions([
      { value: PREDICTED, text: t('predicted ({0})', data.predicted) },
      ...data.classNames.map((name) => ({ value: name, text: name })),
    ]);
    this.#target.value = data.targetIsPredicted ? PREDICTED : data.target;
    const others = data.classNames.filter((name) => name !== data.target);
    const next =
      data.contrastIsNext && data.contrast !== null ? t('next likely ({0})', data.contrast) : t('next likely');
    this.#contrast.setOptions([{ value: NEXT, text: next }, ...others.map((name) => ({ value: name, text: name }))]);
    this.#contrast.value = data.contrastIsNext || data.contrast === null ? NEXT : data.contrast;
    this.#contrast.element.hidden = data.classNames.length < 2;
    this.#member.setOptions(memberOptions(data));
    this.#member.value = data.member === null ? ALL : String(data.member);
    this.#member.element.hidden = data.members.count < 2;
    const labeled = data.truth !== null;
    this.#previousError.disabled = !labeled || data.index === 0;
    this.#nextError.disabled = !labeled || data.index >= data.count - 1;
    this.#method.setOptions(data.methods.map((method) => ({ value: method, text: sourceName(method) })));
    this.#method.value = data.method;
    this.#layer.setOptions(data.layers.map((layer) => ({ value: layer, text: layer })));
    this.#layer.value = data.layer ?? '';
    this.#layer.element.hidden = data.layers.length < 2;
    this.#allLayers.element.hidden = data.layers.length < 2;
    this.#follow.value = data.following;
    this.#row.fit();
  }

  /** Goes to the next or the previous series that is classified otherwise than its label says. */
  moveToError(by: 1 | -1): void {
    const { context } = this;
    this.#previousError.disabled = this.#nextError.disabled = true;
    void context.attempt(context.remote.moveToError({ by })).then((answer) => {
      if (this.#data) this.set(this.#data);
      if (answer?.found === false) context.announce(t('There is no further error in this direction.'));
    });
  }

  /** Explains another class. */
  chooseClass(name: string): void {
    this.#choose({ target: name === this.#data?.predicted ? null : name });
  }

  /** Goes by so many series, as far as the file reaches. */
  move(by: number): void {
    const data = this.#data;
    if (!data || data.index + by < 0 || data.index + by >= data.count) return;
    void this.context.attempt(this.context.remote.move({ by }));
  }

  #goToNumber(number: number): void {
    const data = this.#data;
    if (!data) return;
    const index = Math.max(0, Math.min(data.count - 1, number - 1));
    this.#goTo.value = index + 1;
    void this.context.attempt(this.context.remote.goTo({ index }));
  }

  #choose(choice: Parameters<typeof this.context.remote.choose>[0]): void {
    void this.context.attempt(this.context.remote.choose(choice));
  }
}

/** All members, and each of them with its share of the decision, the greatest first. */
function memberOptions({ members: { shares, count } }: SaliencyView): { value: string; text: string }[] {
  const total = shares.reduce((sum, share) => sum + Math.abs(share), 0) || 1;
  const order = Array.from(shares.keys()).sort((a, b) => Math.abs(shares[b]) - Math.abs(shares[a]) || a - b);
  return [
    { value: ALL, text: t('all {0}, added up', count) },
    ...order.map((p) => {
      const share = formatPercent(Math.abs(shares[p]) / total);
      const text = shares[p] < 0 ? t('{0}: {1} against', p + 1, share) : t('{0}: {1} for', p + 1, share);
      return { value: String(p), text };
    }),
  ];
}
