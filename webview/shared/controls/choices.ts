import { element, uniqueId } from '../dom';
import { toolkitElement } from './toolkit';
import type { ValueControl } from './value-control';

interface SelectControl extends ValueControl<string> {
  setOptions(options: readonly SelectOption[]): void;
}
interface SelectOption {
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
  const made = toolkitElement('vscode-dropdown');
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
        const item = toolkitElement('vscode-option');
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

export function checkbox(label: string, checked: boolean, onChange: (checked: boolean) => void): ValueControl<boolean> {
  const made = toolkitElement('vscode-checkbox');
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
