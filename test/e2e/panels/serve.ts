// The panels without VS Code: bundles them and serves each in the page that the extension makes, with the variables of a theme
// and a made-up host (test/e2e/fixtures/panels).
import { createServer, type ServerResponse } from 'node:http';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { PAGE, PANEL_IDS } from '../../../src/protocol/panels/panel';
import { pageHtml } from '../../../src/host/webview/page-html';
import { PANEL_THEMES, THEMES, rootStyle, type PanelTheme } from './themes';

const NONCE = 'bm9uY2UtZm9yLXRlc3Rz';

export interface PanelServer {
  /** @param query of the made-up host: `scene`, `count`, `points` */
  url(panel: string, theme: PanelTheme, query?: Record<string, string>): string;
  close(): Promise<void>;
}

/** Bundles every panel into `outdir` and serves them on a free port of this machine. */
export async function servePanels(root: string, outdir: string): Promise<PanelServer> {
  await build({
    absWorkingDir: root,
    entryPoints: [
      ...PANEL_IDS.filter((id) => existsSync(join(root, `webview/${id}/main.ts`))).map((id) => ({
        in: join(root, `webview/${id}/main.ts`),
        out: id,
      })),
      { in: join(root, 'test/e2e/fixtures/panels/main.ts'), out: 'host' },
    ],
    outdir,
    bundle: true,
    platform: 'browser',
    target: 'chrome114',
    format: 'iife',
    loader: { '.css': 'text' },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const server = createServer(
    (request, response) => void answer(request.url ?? '/', request.headers.host ?? '', outdir, response),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (panel, theme, query = {}) =>
      `http://127.0.0.1:${port}/panel?${new URLSearchParams({ panel, theme, ...query }).toString()}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function answer(address: string, host: string, outdir: string, response: ServerResponse): Promise<void> {
  const url = new URL(address, 'http://127.0.0.1');
  const panel = url.searchParams.get('panel') ?? '';
  const theme = (url.searchParams.get('theme') ?? 'dark') as PanelTheme;
  if (url.pathname === '/panel' && (PANEL_IDS as readonly string[]).includes(panel) && PANEL_THEMES.includes(theme)) {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(page(panel, theme, `http://${host}`));
    return;
  }
  const script = /^\/([a-z]+)\.js$/.exec(url.pathname);
  if (script && existsSync(join(outdir, `${script[1]}.js`))) {
    response.setHeader('content-type', 'text/javascript; charset=utf-8');
    response.end(await readFile(join(outdir, `${script[1]}.js`)));
    return;
  }
  response.statusCode = url.pathname === '/favicon.ico' ? 204 : 404;
  response.end();
}

/** The page as the extension makes it, with the theme and the made-up host before the panel's bundle. */
function page(panel: string, theme: PanelTheme, origin: string): string {
  const root = `<div id="${PAGE.rootId}"></div>`;
  // VS Code sets the variables by script; so does this page, because the policy allows no inline style.
  const setTheme = `
    window.v2sSetTheme = (bodyClass, style) => {
      document.documentElement.style.cssText = style;
      document.body.className = bodyClass;
      document.body.dataset.vscodeThemeKind = bodyClass.split(' ')[0];
    };
    window.v2sSetTheme(${JSON.stringify(THEMES[theme].bodyClass)}, ${JSON.stringify(rootStyle(theme))});`;
  return pageHtml({
    title: panel,
    language: 'en',
    script: `/${panel}.js`,
    cspSource: origin,
    nonce: NONCE,
    rootId: PAGE.rootId,
    stringsId: PAGE.stringsId,
    strings: {},
  }).replace(
    root,
    () => `${root}<script nonce="${NONCE}">${setTheme}</script><script nonce="${NONCE}" src="/host.js"></script>`,
  );
}
