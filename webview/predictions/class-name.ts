import { classMark } from '../shared/charts/class-marks';
import { element } from '../shared/dom';
import { probabilityBar } from './probability-bar';

/** The classes of a program as they are drawn: by index, their names and colors. */
export interface ClassLook {
  names: readonly string[];
  colors: readonly string[];
}

/** A class's mark and name. */
export function className(kind: number, { names, colors }: ClassLook): HTMLElement {
  return element(
    'span',
    { class: 'class-name', title: names[kind] },
    classMark(kind, colors[kind], 11),
    element('span', {}, names[kind]),
  );
}

interface BarEntry {
  /** class index */
  kind: number;
  /** length of the bar, 0..1 */
  share: number;
  /** what stands beside the bar */
  text: string;
}

/** Classes with a bar and a number each. */
export function classBars(entries: readonly BarEntry[], look: ClassLook): HTMLElement {
  return element(
    'dl',
    { class: 'bar-list' },
    ...entries.flatMap(({ kind, share, text }) => [
      element('dt', {}, className(kind, look)),
      element('dd', {}, probabilityBar(share, look.colors[kind], text)),
    ]),
  );
}
