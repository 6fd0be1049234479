import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Identity } from '../../protocol/panels/panel';
import { seriesPanel } from '../../protocol/panels/series';
import type { ReadFormat } from '../../protocol/worker';
import { pathOf } from '../flow/series-files';
import type { PanelHost } from './panel-host';
import { PanelBase, revealLine } from './panel-base';

type SeriesHost = typeof seriesPanel.host;

/** Lists all series of a file with small pictures. Read-only; VS Code never opens it unasked. */
export class SeriesEditor extends PanelBase<SeriesHost> {
  #version = 0;

  constructor(
    host: PanelHost,
    panel: vscode.WebviewPanel,
    private readonly uri: vscode.Uri,
  ) {
    super(host, panel, seriesPanel, {
      page: async ({ indices, width }) => {
        const remote = await host.worker.remote();
        return await remote.readSeriesPage({ file: pathOf(uri), indices, width });
      },
      open: async ({ index, what }) => {
        if (what === 'saliency') host.panels.open('saliency', { file: pathOf(uri), index }, { beside: true });
        else await this.#revealRow(index);
        return {};
      },
      start: async ({ what }) => {
        const commands = { reprogram: 'v2s.reprogramDataset', classify: 'v2s.classifyFile', tsne: 'v2s.showTsne' };
        await vscode.commands.executeCommand(commands[what], uri);
        return {};
      },
    });
    if (uri.scheme === 'file') {
      const watcher = this.own(
        vscode.workspace.createFileSystemWatcher(
          new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), basename(uri.path)),
        ),
      );
      this.own(watcher.onDidChange(() => void this.#load()));
      this.own(watcher.onDidCreate(() => void this.#load()));
    }
    this.own(host.programs.onDidChange(() => void this.#tell()));
    void this.#load();
  }

  protected identity(): Identity {
    return { file: this.uri.toString() };
  }

  protected file(): string | null {
    return this.uri.scheme === 'file' ? this.uri.fsPath : null;
  }

  protected override remedies() {
    return {
      text: {
        label: vscode.l10n.t('Open as Text'),
        run: () => vscode.commands.executeCommand('vscode.openWith', this.uri, 'default'),
      },
    };
  }

  async #load(): Promise<void> {
    const text = vscode.l10n.t('Reading the file…');
    if (!this.connection.showsData) this.connection.loading(text);
    await this.compute(
      async (call) => {
        const file = pathOf(this.uri);
        const remote = await this.host.worker.remote();
        const { format, labels, count, shortest, longest, classes, notes } = await remote.readSeriesIndex(
          { file },
          call,
        );
        const view = { file, fileName: basename(file), count, shortest, longest, classes, labels, notes };
        this.connection.ready({ ...view, format: describeFormat(format), version: ++this.#version });
        void this.#tell();
      },
      ({ done, total }) => {
        if (!this.connection.showsData) this.connection.loading(text, done, total);
      },
    );
  }

  async #tell(): Promise<void> {
    const file = this.file();
    if (file !== null) await this.tellCertainProgram(file);
  }

  async #revealRow(index: number): Promise<void> {
    const file = pathOf(this.uri);
    const remote = await this.host.worker.remote();
    const { series } = await remote.readSeriesPage({ file, indices: [index], width: 8 });
    await revealLine(file, series[0].line);
  }
}

/** How a file was understood, ready to show. */
function describeFormat(format: ReadFormat): { name: string; value: string }[] {
  const t = vscode.l10n.t;
  const delimiters: Record<string, string> = {
    ',': t('comma'),
    ';': t('semicolon'),
    '\t': t('tab'),
    '|': t('bar'),
    ' ': t('space'),
  };
  const labels =
    format.labels === 'none'
      ? t('none')
      : format.labels === 'first'
        ? t('first column')
        : format.labels === 'last'
          ? t('last column')
          : t('column {0}', format.labels);
  const table = format.kind !== 'ts' && format.kind !== 'arff';
  return [
    { name: t('Format'), value: format.kind },
    ...(table
      ? [
          { name: t('Delimiter'), value: delimiters[format.delimiter] },
          { name: t('Header row'), value: format.header ? t('yes') : t('no') },
          { name: t('Decimal mark'), value: format.decimal },
        ]
      : []),
    { name: t('Labels'), value: labels },
    { name: t('Encoding'), value: format.encoding },
    ...(format.channels > 1 ? [{ name: t('Channel'), value: `${format.channel} / ${format.channels}` }] : []),
  ];
}
