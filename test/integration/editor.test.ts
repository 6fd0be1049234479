// That the suite runs where it claims to: inside the extension host of a real VS Code, with the product under development.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';

suite('editor', () => {
  test('is a real VS Code with the workspace of the suite and an extension host of Node', async () => {
    assert.match(vscode.version, /^1\.\d+\.\d+/);
    assert.equal(vscode.env.uiKind === vscode.UIKind.Web, vscode.env.remoteName !== undefined);
    assert.ok(Number(process.versions.node.split('.')[0]) >= 20);
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, 'pulses.csv'));
    const editor = await vscode.window.showTextDocument(document);
    assert.equal(editor.document.lineAt(1).text, '2,0.25,0.5,0.125');
  });

  test('has the product as an extension under development', () => {
    const product = vscode.extensions.getExtension('v2s.v2s');
    assert.ok(product, 'v2s.v2s is not among the extensions');
    assert.equal(product.packageJSON.displayName, 'V2S: Voice2Series Saliency');
  });
});
