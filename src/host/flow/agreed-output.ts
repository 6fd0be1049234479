import * as vscode from 'vscode';
import { errorCode, errorMessage, RemoteError } from '../../protocol/rpc';
import { shownText } from '../shown-text';

/** What a person agrees to that is otherwise refused. */
export interface OutputAgreement {
  /** the program of a run, outside the folder that the run belongs to */
  out?: string;
  /** what is there is replaced, whatever it is */
  replace?: boolean;
}

/**
 * Does what writes a file, and asks when a file of another kind would be replaced or a run would write somewhere else.
 * @param program where the run would write its program
 * @throws RemoteError `canceled` when the person does not agree
 */
export async function withAgreedOutput<T>(
  attempt: (agreed: OutputAgreement) => Promise<T>,
  program: () => Promise<string>,
): Promise<T> {
  const { t } = vscode.l10n;
  const agreed: OutputAgreement = {};
  for (;;)
    try {
      return await attempt(agreed);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'output.exists' && !agreed.replace) {
        await ask(t('Replace this file?'), t('Replace'), error);
        agreed.replace = true;
      } else if (code === 'run.out' && agreed.out === undefined) {
        await ask(t('Let this run write its program there?'), t('Write There'), error);
        agreed.out = await program();
      } else throw error;
    }
}

async function ask(question: string, yes: string, because: unknown): Promise<void> {
  const detail = shownText(errorMessage(because), 600);
  const picked = await vscode.window.showWarningMessage(question, { modal: true, detail }, yes);
  if (picked !== yes) throw new RemoteError('canceled', vscode.l10n.t('Canceled.'));
}
