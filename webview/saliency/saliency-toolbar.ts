import type { SaliencyView, saliencyPanel } from '../../src/protocol/panels/saliency';
import type { SaliencyMethod } from '../../src/protocol/values';
import { button } from '../shared/controls/button';
import { checkbox, select } from '../shared/controls/choices';
import { numberField } from '../shared/controls/inputs';
import { element } from '../shared/dom';
import type { PanelContext } from '../shared/panel';
import { t } from '../shared/strings';
import { sourceName } from './source-names';

/** Up to so many layers all are shown without being asked for. */
const FEW_LAYERS = 2;
const PREDICTED = '\u0000predicted';

interface SaliencyToolbarEvents {
  onAllLayers(): void;
  onListen(): void;
  onZoom(factor: number): void;
  onShowAll(): void;
}

/** Which series is explained, for which class, by which method and layers; listening, zooming, following the editor. */
export class SaliencyToolbar {
  readonly elements: readonly HTMLElement[];
  readonly #previous = button('‹', () => this.move(-1), { appearance: 'icon', title: t('Previous series (Page Up)') });
  readonly #next = button('›', () => this.move(1), { appearance: 'icon', title: t('Next series (Page Down)') });
  readonly #goTo = numberField(t('Series'), 1, { min: 1, max: 1e9, integer: true }, (number) =>
    this.#goToNumber(number),
  );
  readonly #target = select(t('Class'), [{ value: PREDICTED, text: '' }], PREDICTED, (value) =>
    this.#choose({ target: value === PREDICTED ? null : value }),
  );
  readonly #method = select(t('Method'), [], '', (value) => this.#choose({ method: value as SaliencyMethod }));
  readonly #layer = select(t('Layer'), [], '', (value) => this.#choose({ layer: value }));
  readonly #allLayers;
  readonly #listen;
  readonly #follow;
  #data: SaliencyView | null = null;

  constructor(
    private readonly context: Pick<PanelContext<typeof saliencyPanel.host, object>, 'remote' | 'attempt'>,
    allLayers: boolean,
    { onAllLayers, onListen, onZoom, onShowAll }: SaliencyToolbarEvents,
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
    this.elements = [
      element('div', { class: 'stepper' }, this.#previous.element, this.#goTo.element, this.#next.element),
      ...[this.#target, this.#method, this.#layer, this.#allLayers, this.#listen].map((control) => control.element),
      zoom,
      this.#follow.element,
      program.element,
    ];
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
    return data !== null && (this.allLayers || data.layers.length <= FEW_LAYERS || layer === data.layer);
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
    this.#method.setOptions(data.methods.map((method) => ({ value: method, text: sourceName(method) })));
    this.#method.value = data.method;
    this.#layer.setOptions(data.layers.map((layer) => ({ value: layer, text: layer })));
    this.#layer.value = data.layer ?? '';
    this.#layer.element.hidden = data.layers.length < 2;
    this.#allLayers.element.hidden = data.layers.length <= FEW_LAYERS;
    this.#follow.value = data.following;
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
