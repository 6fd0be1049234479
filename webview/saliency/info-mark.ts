import { element } from '../shared/dom';

/** A mark that opens what there is to know about something. */
export class InfoMark {
  readonly element: HTMLDetailsElement;
  readonly #text = element('div', { class: 'info-text' });

  /** @param name what the text is about, for screen readers */
  constructor(name: string) {
    this.element = element(
      'details',
      { class: 'info-mark', name: 'info' },
      element('summary', { 'aria-label': name, title: name }, 'i'),
      this.#text,
    );
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.element.open) return;
      event.stopPropagation();
      this.element.open = false;
      this.element.querySelector('summary')?.focus();
    });
  }

  set(paragraphs: readonly string[]): void {
    const texts = paragraphs.filter((text) => text !== '');
    this.element.hidden = texts.length === 0;
    this.#text.replaceChildren(...texts.map((text) => element('p', {}, text)));
  }
}
