import { element, uniqueId } from '../dom';
import { toolkitElement } from './toolkit';
import type { ValueControl } from './value-control';

/** Names a text field. The toolkit names every one `Text field` whenever it enters the page, so the name is given again. */
function keepName(field: HTMLElement, label: string): void {
  const name = (): void => {
    if (field.getAttribute('aria-label') !== label) field.setAttribute('aria-label', label);
  };
  new MutationObserver(name).observe(field, { attributes: true, attributeFilter: ['aria-label'] });
  name();
}

/** A box for text; `onInput` at every key. */
export function searchField(
  label: string,
  placeholder: string,
  value: string,
  onInput: (value: string) => void,
): ValueControl<string> {
  const made = toolkitElement('vscode-text-field');
  made.setAttribute('placeholder', placeholder);
  keepName(made, label);
  made.setAttribute('type', 'text');
  made.value = value;
  made.classList.add('search');
  made.addEventListener('input', () => onInput(made.value));
  return {
    element: element('div', { class: 'field grow' }, made),
    get value() {
      return made.value;
    },
    set value(next: string) {
      if (made.value !== next) made.value = next;
    },
    get disabled() {
      return made.disabled;
    },
    set disabled(disabled: boolean) {
      made.disabled = disabled;
    },
  };
}

/** A number that is taken over with Enter or when the box is left; what is not a number in range is set back. */
export function numberField(
  label: string,
  value: number,
  range: { min: number; max: number; integer?: boolean },
  onCommit: (value: number) => void,
): ValueControl<number> {
  const made = toolkitElement('vscode-text-field');
  const id = uniqueId('number');
  made.id = id;
  keepName(made, label);
  made.setAttribute('inputmode', 'decimal');
  made.setAttribute('size', '7');
  made.classList.add('number');
  let current = value;
  made.value = String(value);
  const commit = (): void => {
    const next = Number(made.value.trim().replace(',', '.'));
    const valid =
      made.value.trim() !== '' &&
      Number.isFinite(next) &&
      next >= range.min &&
      next <= range.max &&
      (!range.integer || Number.isInteger(next));
    if (!valid || next === current) {
      made.value = String(current);
      return;
    }
    current = next;
    onCommit(next);
  };
  made.addEventListener('change', commit);
  made.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') commit();
    if (event.key === 'Escape') made.value = String(current);
  });
  return {
    element: element('div', { class: 'field' }, element('label', { for: id }, label), made),
    get value() {
      return current;
    },
    set value(next: number) {
      if (next === current) return;
      current = next;
      made.value = String(next);
    },
    get disabled() {
      return made.disabled;
    },
    set disabled(disabled: boolean) {
      made.disabled = disabled;
    },
  };
}

interface SliderControl extends ValueControl<number> {
  setRange(min: number, max: number, step: number): void;
  /** what a screen reader says instead of the number */
  text: string;
}

export function slider(
  label: string,
  range: { min: number; max: number; step: number },
  value: number,
  onInput: (value: number) => void,
): SliderControl {
  const id = uniqueId('slider');
  const input = element('input', { type: 'range', id, ...range });
  input.value = String(value);
  input.addEventListener('input', () => onInput(Number(input.value)));
  return {
    element: element('div', { class: 'field grow' }, element('label', { for: id }, label), input),
    get value() {
      return Number(input.value);
    },
    set value(next: number) {
      input.value = String(next);
    },
    get disabled() {
      return input.disabled;
    },
    set disabled(disabled: boolean) {
      input.disabled = disabled;
    },
    setRange(min, max, step) {
      input.min = String(min);
      input.max = String(max);
      input.step = String(step);
    },
    get text() {
      return input.getAttribute('aria-valuetext') ?? '';
    },
    set text(text: string) {
      input.setAttribute('aria-valuetext', text);
    },
  };
}
