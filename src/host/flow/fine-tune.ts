import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Session } from '../session';
import { shownText } from '../shown-text';

/** Fine-tunes the acoustic model of a program, which can be canceled and goes on the next time; t-SNE panels then show it. */
export async function fineTune(session: Session, file: string, program: string): Promise<void> {
  const remote = await session.worker.remote();
  const { testAccuracy } = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('V2S: fine-tuning for {0}', shownText(basename(program), 60)),
      cancellable: true,
    },
    async (progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      let shown = 0;
      return await remote.fineTune(
        { file, program },
        {
          signal: controller.signal,
          onProgress: ({ done, total }) => {
            const reached = total > 0 ? (100 * done) / total : 0;
            progress.report({
              increment: Math.max(0, reached - shown),
              message: vscode.l10n.t('epoch {0} of {1}', done, total),
            });
            shown = Math.max(shown, reached);
          },
        },
      );
    },
  );
  const show = vscode.l10n.t('Show t-SNE');
  const text =
    testAccuracy === null
      ? vscode.l10n.t('The acoustic model was fine-tuned.')
      : vscode.l10n.t('The acoustic model was fine-tuned. Test accuracy: {0} %.', (100 * testAccuracy).toFixed(1));
  const picked = await vscode.window.showInformationMessage(text, show);
  if (picked === show) await vscode.commands.executeCommand('v2s.showTsne', vscode.Uri.file(file));
}
