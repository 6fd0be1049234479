import * as vscode from 'vscode';
import { RUN_OPTION_NAMES } from '../common/run-options';
import type { RunOptions } from '../protocol/worker';

const section = (scope?: vscode.Uri): vscode.WorkspaceConfiguration =>
  vscode.workspace.getConfiguration('v2s', scope ?? null);

/** Of a setting: whatever suits. */
const AUTO = 'auto';
const chosen = (value: string): string | null => (value === AUTO ? null : value);

/** Options as set for a file. */
export function runOptions(scope?: vscode.Uri): RunOptions {
  const settings = section(scope);
  const entries = RUN_OPTION_NAMES.map((name) => [name, settings.get(name)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as RunOptions;
}

export const settings = {
  /** id or folder of the acoustic model that is proposed */
  model: (scope?: vscode.Uri) => section(scope).get<string>('model', 'att-rnn-asc'),
  /** further folders of acoustic models; ignored in untrusted workspaces, see package.json */
  modelFolders: () => section().get<string[]>('modelFolders', []),
  /** null: as many as there are processors */
  threads: () => section().get<number>('threads', 0) || null,
  output: (scope?: vscode.Uri) => section(scope).get<'beside' | '.v2s'>('output', 'beside'),
  inlineSaliency: (scope?: vscode.Uri) => section(scope).get<boolean>('inline.saliency', true),
  inlinePrediction: (scope?: vscode.Uri) => section(scope).get<boolean>('inline.prediction', true),
  inlineHover: (scope?: vscode.Uri) => section(scope).get<boolean>('inline.hover', true),
  /** null: the map that suits the program */
  inlineSource: (scope?: vscode.Uri) => chosen(section(scope).get<string>('inline.source', AUTO)),
  method: (scope?: vscode.Uri) => chosen(section(scope).get<string>('saliency.method', AUTO)),
  perplexity: (scope?: vscode.Uri) => section(scope).get<number>('tsne.perplexity', 30),
  points: (scope?: vscode.Uri) => section(scope).get<number>('tsne.points', 1000),
};

export async function toggleInline(): Promise<boolean> {
  const on = settings.inlineSaliency() || settings.inlinePrediction();
  for (const name of ['inline.saliency', 'inline.prediction'])
    await section().update(name, !on, vscode.ConfigurationTarget.Global);
  return !on;
}
