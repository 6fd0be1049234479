import * as vscode from 'vscode';
import type { InlineRow } from '../../protocol/worker';
import { shownText } from '../shown-text';

/** What was predicted for a series and whether it is right, in words. */
export function predictionWords({ predicted, probability, truth }: InlineRow): string {
  const name = shownText(predicted, 60);
  const share = (100 * probability).toFixed(0);
  if (truth === null) return vscode.l10n.t('predicted {0}, {1} %', name, share);
  if (truth === predicted) return vscode.l10n.t('predicted {0}, {1} %: right', name, share);
  return vscode.l10n.t('predicted {0}, {1} %: wrong, it is {2}', name, share, shownText(truth, 60));
}
