/** What the page of a panel is made of. */
export interface PageParts {
  /** of the document, for screen readers */
  title: string;
  language: string;
  /** address of the panel's bundle as the webview may load it */
  script: string;
  /** source of everything the webview may load (`webview.cspSource`) */
  cspSource: string;
  nonce: string;
  rootId: string;
  stringsId: string;
  /** English text to translation */
  strings: Record<string, string>;
}

/**
 * The one place that makes pages. Everything is forbidden that is not named:
 * - scripts: those with the nonce, which is new for every page, and the modules that they import;
 * - styles: the extension's own files and what bears the nonce (pages adopt constructed style sheets, which the policy does not
 *   cover; the webview toolkit makes a style element at its start, with the nonce of the meta element `csp-nonce`);
 * - pictures: the extension's own, and data: for the SVG that is turned into a PNG;
 * - no connections, frames, forms or remote content.
 */
export function pageHtml(parts: PageParts): string {
  const { title, language, script, cspSource, nonce, rootId, stringsId, strings } = parts;
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `img-src ${cspSource} data:`,
    `font-src ${cspSource}`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
</head>
<body>
<div id="${escapeHtml(rootId)}"></div>
<script type="application/json" id="${escapeHtml(stringsId)}" nonce="${nonce}">${jsonForScript(strings)}</script>
<script type="module" nonce="${nonce}" src="${escapeHtml(script)}"></script>
</body>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON that cannot end the script element it stands in. */
function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
