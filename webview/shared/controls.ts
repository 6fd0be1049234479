/**
 * The controls of all panels, made of the webview toolkit. Nothing else knows the toolkit: to exchange it, exchange this module.
 * What the toolkit lacks (slider, progress bar) are native elements in the same colors.
 */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
  vsCodeTextField,
  type Button,
  type Checkbox,
  type Dropdown,
  type TextField,
} from '@vscode/webview-ui-toolkit';
import { element, uniqueId } from './dom';

/** Makes the elements known to the page; call once before anything else of this module. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeCheckbox(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodeProgressRing(),
    vsCodeTextField(),
  );
}

function custom<T extends HTMLElement>(tag: string): T {
  return document.createElement(tag) as T;
}

/** The toolkit names every text field `Text field` whenever it enters the page; this gives it its own name back. */
function keepName(field: TextField, label: string): void {
  const name = (): void => {
    if (field.getAttribute('aria-label') !== label) field.setAttribute('aria-label', label);
  };
  new MutationObserver(name).observe(field, { attributes: true, attributeFilter: ['aria-label'] });
  name();
}

export interface ButtonControl {
  readonly element: HTMLElement;
  label: string;
  disabled: boolean;
  /** for a button that is switched on and off */
  pressed: boolean | null;
}

/** @param title a longer description; shown on hovering and read by screen readers when the label is a sign */
export function button(
  label: string,
  onClick: () => void,
  options: { appearance?: 'primary' | 'secondary' | 'icon'; title?: string; disabled?: boolean } = {},
): ButtonControl {
  const made = custom<Button>('vscode-button');
  made.setAttribute('appearance', options.appearance ?? 'secondary');
  made.textContent = label;
  if (options.title) {
    made.title = options.title;
    made.setAttribute('aria-label', options.title);
  }
  if (options.disabled) made.disabled = true;
  made.addEventListener('click', () => {
    if (!made.disabled) onClick();
  });
  return {
    element: made,
    get label() {
      return made.textContent ?? '';
    },
    set label(text: string) {
      if (made.textContent !== text) made.textContent = text;
    },
    get disabled() {
      return made.disabled;
    },
    set disabled(disabled: boolean) {
      made.disabled = disabled;
    },
    get pressed() {
      const state = made.getAttribute('aria-pressed');
      return state === null ? null : state === 'true';
    },
    set pressed(pressed: boolean | null) {
      if (pressed === null) made.removeAttribute('aria-pressed');
      else made.setAttribute('aria-pressed', String(pressed));
    },
  };
}

export interface ValueControl<T> {
  readonly element: HTMLElement;
  value: T;
  disabled: boolean;
}

export interface SelectControl extends ValueControl<string> {
  setOptions(options: readonly SelectOption[]): void;
}
export interface SelectOption {
  value: string;
  text: string;
}

/** A choice of one among several. */
export function select(
  label: string,
  options: readonly SelectOption[],
  value: string,
  onChange: (value: string) => void,
): SelectControl {
  const made = custom<Dropdown>('vscode-dropdown');
  const id = uniqueId('select');
  made.id = id;
  made.setAttribute('aria-label', label);
  let shown: readonly SelectOption[] = [];
  const setOptions = (next: readonly SelectOption[]): void => {
    const same =
      next.length === shown.length && next.every((o, i) => o.value === shown[i].value && o.text === shown[i].text);
    if (same) return;
    shown = next;
    made.replaceChildren(
      ...next.map((option) => {
        const item = custom<HTMLElement & { value: string }>('vscode-option');
        item.setAttribute('value', option.value);
        item.textContent = option.text;
        return item;
      }),
    );
  };
  setOptions(options);
  let current = value;
  const apply = (): void => {
    made.value = current;
  };
  // The element takes a value only when it is upgraded and its options are slotted, which happens after this task.
  queueMicrotask(apply);
  requestAnimationFrame(apply);
  made.addEventListener('change', () => {
    if (made.value === current) return;
    current = made.value;
    onChange(current);
  });
  return {
    element: element('div', { class: 'field' }, element('label', { for: id }, label), made),
    get value() {
      return current;
    },
    set value(next: string) {
      current = next;
      apply();
      requestAnimationFrame(apply);
    },
    get disabled() {
      return made.disabled;
    },
    set disabled(disabled: boolean) {
      made.disabled = disabled;
    },
    setOptions(next) {
      setOptions(next);
      requestAnimationFrame(apply);
    },
  };
}

/** A box for text; `onInput` at every key. */
export function searchField(
  label: string,
  placeholder: string,
  value: string,
  onInput: (value: string) => void,
): ValueControl<string> {
  const made = custom<TextField>('vscode-text-field');
  made.setAttribute('placeholder', placeholder);
  keepName(made, label);
  made.setAttribute('type', 'text');
  made.value = value;
  made.classList.add('search');
  made.addEventListener('input', () => onInput(made.value));
  return valueControl(made, element('div', { class: 'field grow' }, made));
}

/** A number that is taken over with Enter or when the box is left; what is not a number in range is set back. */
export function numberField(
  label: string,
  value: number,
  range: { min: number; max: number; integer?: boolean },
  onCommit: (value: number) => void,
): ValueControl<number> {
  const made = custom<TextField>('vscode-text-field');
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

export function checkbox(label: string, checked: boolean, onChange: (checked: boolean) => void): ValueControl<boolean> {
  const made = custom<Checkbox>('vscode-checkbox');
  made.textContent = label;
  made.checked = checked;
  let own = false;
  made.addEventListener('change', () => {
    if (!own) onChange(made.checked);
  });
  return {
    element: element('div', { class: 'field' }, made),
    get value() {
      return made.checked;
    },
    set value(next: boolean) {
      if (made.checked === next) return;
      own = true;
      made.checked = next;
      own = false;
    },
    get disabled() {
      return made.disabled;
    },
    set disabled(disabled: boolean) {
      made.disabled = disabled;
    },
  };
}

export interface SliderControl extends ValueControl<number> {
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

/** A ring that turns while nothing more is known. */
export function progressRing(): HTMLElement {
  const ring = custom('vscode-progress-ring');
  ring.setAttribute('aria-hidden', 'true');
  return ring;
}

export interface ProgressControl {
  readonly element: HTMLElement;
  /** 0..1, or null while unknown */
  fraction: number | null;
}

export function progressBar(label: string): ProgressControl {
  const bar = element('progress', { 'aria-label': label, max: 1 });
  let current: number | null = null;
  return {
    element: bar,
    get fraction() {
      return current;
    },
    set fraction(next: number | null) {
      current = next;
      if (next === null) bar.removeAttribute('value');
      else bar.value = Math.max(0, Math.min(1, next));
    },
  };
}

function valueControl(made: TextField, wrapped: HTMLElement): ValueControl<string> {
  return {
    element: wrapped,
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
