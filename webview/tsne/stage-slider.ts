import { button } from '../shared/controls/button';
import { slider } from '../shared/controls/inputs';
import { element } from '../shared/dom';
import { ease } from '../shared/model/morph';
import { t } from '../shared/strings';

/** How long the way from before to after takes, ms. */
const ANIMATION = 4000;

interface StageSliderOptions {
  /** share of the way from before to after, 0..1 */
  position: number;
  /** whether movement is to be avoided */
  isStill(): boolean;
  /** told where between the layouts of training it stands: 0 the first, 1 the second, fractions between them */
  onMove(at: number): void;
  /** told when it has come to rest where the person wanted it */
  onRest(): void;
}

/** The way through the layouts of training: moved by hand, or played. */
export class StageSlider {
  readonly element: HTMLElement;
  readonly #slider;
  readonly #play;
  #last = 0;
  #position: number;
  #animation = 0;

  constructor(private readonly options: StageSliderOptions) {
    this.#position = options.position;
    this.#slider = slider(t('Epoch'), { min: 0, max: 1, step: 0.01 }, 1, (at) => {
      this.stop();
      this.#moveTo(at);
      options.onRest();
    });
    this.#play = button('▶', () => this.#toggle(), { appearance: 'icon', title: t('Play from before to after') });
    this.element = element('div', { class: 'epoch-row' }, this.#play.element, this.#slider.element);
  }

  /** share of the way from before to after, 0..1 */
  get position(): number {
    return this.#position;
  }

  /** what a screen reader says of where it stands */
  set text(text: string) {
    this.#slider.text = text;
  }

  /** Goes over so many layouts from now on, and stands at the same share of the way as before. */
  setCount(layouts: number): void {
    const last = Math.max(0, layouts - 1);
    this.#last = last;
    this.#slider.setRange(0, last || 1, last > 0 ? last / 200 : 1);
    this.#slider.disabled = last === 0;
    this.#play.disabled = last === 0;
    this.#moveTo(this.#position * last);
  }

  stop(): void {
    if (this.#animation) cancelAnimationFrame(this.#animation);
    this.#animation = 0;
    this.#play.label = '▶';
  }

  #moveTo(at: number): void {
    this.#position = this.#last > 0 ? at / this.#last : 1;
    this.#slider.value = at;
    this.options.onMove(at);
  }

  #toggle(): void {
    if (this.#animation) {
      this.stop();
      return;
    }
    if (this.options.isStill()) {
      // No movement: each press shows the next stored layout.
      this.#moveTo(this.#position >= 1 ? 0 : Math.floor(this.#position * this.#last + 1));
      this.options.onRest();
      return;
    }
    const start = performance.now();
    const tick = (now: number): void => {
      const share = Math.min(1, (now - start) / ANIMATION);
      this.#moveTo(ease(share) * this.#last);
      if (share < 1) this.#animation = requestAnimationFrame(tick);
      else {
        this.stop();
        this.options.onRest();
      }
    };
    this.#play.label = '❚❚';
    this.#animation = requestAnimationFrame(tick);
  }
}
