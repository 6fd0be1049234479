import base from './base.css';
import charts from './charts.css';
import controls from './controls.css';
import lists from './lists.css';
import program from './program.css';
import progress from './progress.css';
import states from './states.css';
import tables from './tables.css';

const SHARED = [base, controls, program, progress, states, charts, tables, lists];

/**
 * Style sheets made by script: the page's security policy allows no inline styles, and the bundle needs no second file.
 * @param panel style sheet of the panel, which comes after the shared ones
 */
export function adoptStyles(panel: string): void {
  const made = [...SHARED, panel].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, ...made];
}
