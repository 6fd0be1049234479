import { element } from '../dom';
import { toolkitElement } from './toolkit';

/** A ring that turns while nothing more is known. */
export function progressRing(): HTMLElement {
  const ring = toolkitElement('vscode-progress-ring');
  ring.setAttribute('aria-hidden', 'true');
  return ring;
}

interface ProgressControl {
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
