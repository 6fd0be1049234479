import { element } from './dom';

/** Names and values side by side. */
export function factList(facts: readonly (readonly [name: string, value: string])[]): HTMLElement {
  return element(
    'dl',
    { class: 'facts' },
    ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );
}

/** Remarks about what is shown; without any, the list takes no room. */
export function noteItems(notes: readonly string[]): HTMLElement[] {
  return notes.map((note) => element('li', {}, note));
}
