import shared from './shared.css';

/**
 * Style sheets made by script: the page's security policy allows no inline styles, and the bundle needs no second file.
 * @param sheets of the panel, after the shared one
 */
export function adoptStyles(...sheets: string[]): void {
  const made = [shared, ...sheets].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, ...made];
}
