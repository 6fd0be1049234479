import * as vscode from 'vscode';
import { isCanceled } from '../../protocol/rpc';
import type { InlineRow } from '../../protocol/worker';
import { isSeriesName } from '../flow/series-files';
import { predictionWords } from '../inline/prediction-words';
import type { Session } from '../session';
import { settings } from '../settings';
import { shownText } from '../shown-text';
import { PICTURE_HEIGHT, PICTURE_WIDTH, seriesPicture, type PictureColors } from './series-picture';

const COLORS: Record<vscode.ColorThemeKind, PictureColors> = {
  [vscode.ColorThemeKind.Light]: { line: '#1f1f1f', axis: '#a0a0a0', tint: '#ef9f27' },
  [vscode.ColorThemeKind.HighContrastLight]: { line: '#000000', axis: '#292929', tint: '#ffb03b' },
  [vscode.ColorThemeKind.Dark]: { line: '#e8e8e8', axis: '#808080', tint: '#e8930c' },
  [vscode.ColorThemeKind.HighContrast]: { line: '#ffffff', axis: '#c0c0c0', tint: '#c77d0a' },
};

/** The picture of the series on a row of a series file, tinted by saliency, with what was predicted and what it is. */
export class SeriesHover implements vscode.HoverProvider {
  constructor(private readonly session: Session) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    const { fileName: file, uri } = document;
    // What stands in the editor and what is in the file are not the same while there are unsaved changes.
    if (!settings.inlineHover(uri) || !isSeriesName(file) || document.isDirty) return undefined;
    const controller = new AbortController();
    const canceling = token.onCancellationRequested(() => controller.abort());
    try {
      return await this.#hover(file, position.line + 1, settings.inlineSource(uri), controller.signal);
    } catch (error) {
      // A hover keeps quiet about files that hold no series; panels and commands explain what is wrong.
      if (!isCanceled(error)) this.session.log.debug(String(error));
      return undefined;
    } finally {
      canceling.dispose();
    }
  }

  async #hover(
    file: string,
    line: number,
    source: string | null,
    signal: AbortSignal,
  ): Promise<vscode.Hover | undefined> {
    const program = (await this.session.programs.choice(file, signal)).program?.path ?? null;
    if (program === null) return undefined;
    const remote = await this.session.worker.remote();
    const lines = { firstLine: line, lastLine: line };
    const { rows } = await remote.inlineRows({ file, program, source, saliency: true, ...lines }, { signal });
    const row = rows.find((one) => one.line === line);
    if (!row) return undefined;
    const page = { file, program, indices: [row.index], width: 2 * PICTURE_WIDTH };
    const [thumb] = (await remote.readSeriesPage(page, { signal })).series;
    const colors = COLORS[vscode.window.activeColorTheme.kind];
    const picture = seriesPicture(thumb.values, thumb.reduced, row.saliency, colors);
    return new vscode.Hover(text(row, picture));
  }
}

/** No link, command or HTML of it is trusted; the picture is part of the text, so nothing is loaded. */
function text(row: InlineRow, picture: string): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString('', false);
  markdown.isTrusted = false;
  markdown.supportHtml = false;
  const address = `data:image/svg+xml;base64,${Buffer.from(picture).toString('base64')}`;
  markdown.appendText(vscode.l10n.t('Series {0}: {1}', row.index + 1, predictionWords(row)));
  markdown.appendMarkdown(
    `\n\n![${vscode.l10n.t('The series, tinted by saliency')}](${address}|width=${PICTURE_WIDTH},height=${PICTURE_HEIGHT})`,
  );
  if (row.truth !== null) {
    markdown.appendMarkdown('\n\n');
    markdown.appendText(vscode.l10n.t('Class in the file: {0}', shownText(row.truth, 60)));
  }
  return markdown;
}
