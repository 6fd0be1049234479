import { toolkitElement } from './toolkit';

interface ButtonControl {
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
  const made = toolkitElement('vscode-button');
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
