import { element, uniqueId } from '../shared/dom';

/** A control with its name, what it means, and what is wrong with it, all of which a screen reader connects with it. */
export class Field {
  readonly element: HTMLElement;
  readonly #meaning: HTMLElement;
  readonly #problem: HTMLElement;

  constructor(
    title: string,
    private readonly control: HTMLElement,
    meaning = '',
  ) {
    const id = uniqueId('setup');
    control.id ||= `${id}-control`;
    this.#meaning = element('p', { class: 'meaning muted', id: `${id}-meaning` }, meaning);
    this.#problem = element('p', { class: 'field-problem problem', id: `${id}-problem` });
    control.setAttribute('aria-describedby', `${id}-problem ${id}-meaning`);
    this.element = element(
      'div',
      { class: 'setup-field' },
      element('label', { for: control.id }, title),
      control,
      this.#problem,
      this.#meaning,
    );
    this.meaning = meaning;
    this.problems = [];
  }

  set meaning(text: string) {
    this.#meaning.textContent = text;
    this.#meaning.hidden = text === '';
  }

  set problems(messages: readonly string[]) {
    const text = messages.join(' ');
    if (this.#problem.textContent !== text) this.#problem.textContent = text;
    this.#problem.hidden = text === '';
    if (text === '') this.control.removeAttribute('aria-invalid');
    else this.control.setAttribute('aria-invalid', 'true');
  }
}

/** One among several, as a field's control. */
export class Choice {
  readonly element = element('select', {});
  #shown = '';

  constructor(onChange: (value: string) => void) {
    this.element.addEventListener('change', () => onChange(this.element.value));
  }

  set(options: readonly { value: string; text: string }[], value: string): void {
    const shown = JSON.stringify(options);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.element.replaceChildren(...options.map((one) => element('option', { value: one.value }, one.text)));
    }
    if (this.element.value !== value) this.element.value = value;
  }
}

/** A line of text that is taken over with Enter or when the box is left. */
export class TextBox {
  readonly element: HTMLInputElement;
  #isTyping = false;

  constructor(onCommit: (text: string) => void, attributes: Record<string, string | number> = {}) {
    this.element = element('input', { type: 'text', spellcheck: 'false', ...attributes });
    this.element.addEventListener('input', () => (this.#isTyping = true));
    this.element.addEventListener('change', () => {
      this.#isTyping = false;
      onCommit(this.element.value);
    });
  }

  /** What is being typed is left alone. */
  set value(text: string) {
    if (!this.#isTyping && this.element.value !== text) this.element.value = text;
  }
}
