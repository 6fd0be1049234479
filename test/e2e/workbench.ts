// VS Code's window as a test sees it: what a person does with palette, lists, files and panels, as methods.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame, Locator, Page } from 'playwright-core';
import { writeSettings } from '../../scripts/vscode/serve.mjs';

/** Screenshots, and what a failed test leaves behind. Ignored by git; kept by the CI. */
export const ARTIFACTS = join(process.cwd(), 'test/e2e/artifacts');

/** Themes by the names of the tests: the setting, and the class that the window has once it is drawn in it. */
const THEMES = {
  light: { id: 'Default Light Modern', windowClass: 'vs' },
  dark: { id: 'Default Dark Modern', windowClass: 'vs-dark' },
  'high-contrast': { id: 'Default High Contrast', windowClass: 'hc-black' },
  'high-contrast-light': { id: 'Default High Contrast Light', windowClass: 'hc-light' },
} as const;
export type Theme = keyof typeof THEMES;
export const THEME_NAMES = Object.keys(THEMES) as Theme[];

/** A notification on the screen. */
export interface Notification {
  severity: 'error' | 'warning' | 'info';
  text: string;
  buttons: string[];
}

/** How long something may take that waits for the extension host or the disk, ms. */
const PATIENCE = 45_000;
/** The same for the start of a window, which on a busy machine of two cores has taken more than a minute. */
const START_PATIENCE = 180_000;
/** How often VS Code in a browser stores the state of its window, ms. */
const STORE_INTERVAL = 5000;

/** Whether an element can be seen within a time, ms. */
function appears(element: Locator, timeout: number): Promise<boolean> {
  return element.waitFor({ timeout }).then(
    () => true,
    () => false,
  );
}

export class Workbench {
  /** What the window and its webviews wrote to the browser's console, among it every breach of a content security policy. */
  readonly console: string[] = [];

  constructor(
    readonly page: Page,
    private readonly userDataDir: string,
    private settings: Record<string, unknown>,
  ) {
    page.setDefaultTimeout(PATIENCE);
    page.on('console', (message) => this.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.console.push(`exception: ${error.message}`));
  }

  // --- Window

  /** Resolves when the window is drawn and its parts are restored. */
  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: START_PATIENCE });
    // The remote indicator appears when the window is connected to the server that runs the extension host.
    await this.page.locator('.statusbar-item.remote-kind').waitFor({ timeout: START_PATIENCE });
  }

  /** Reloads the window, as a browser's reload button does, after VS Code has stored what it shall restore. */
  async reload(): Promise<void> {
    // In a browser VS Code stores its state every five seconds, when idle; what it writes while it is left may be lost.
    await this.page.waitForTimeout(2 * STORE_INTERVAL);
    await this.page.reload();
    await this.ready();
  }

  /** Takes a picture of the window into the artifacts folder and returns its path. */
  async screenshot(name: string): Promise<string> {
    await mkdir(ARTIFACTS, { recursive: true });
    const path = join(ARTIFACTS, `${name.replace(/[^\w.-]+/g, '-')}.png`);
    await this.page.screenshot({ path, caret: 'initial' });
    return path;
  }

  /** Changes user settings while VS Code runs; null removes one. */
  async changeSettings(changes: Record<string, unknown>): Promise<void> {
    const merged = { ...this.settings, ...changes };
    this.settings = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
    await writeSettings(this.userDataDir, this.settings);
  }

  /** Changes the color theme; resolves when the window and the visible webviews have it. */
  async setTheme(theme: Theme): Promise<void> {
    const { id, windowClass } = THEMES[theme];
    await this.changeSettings({ 'workbench.colorTheme': id });
    await this.page.locator(`.monaco-workbench.${windowClass}`).waitFor();
    for (const webview of await this.visibleWebviews())
      await webview.locator(`body[data-vscode-theme-kind="vscode-${theme}"]`).waitFor({ state: 'attached' });
  }

  // --- Palette and quick input

  /** The one input of VS Code: palette, picks and input boxes. */
  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget');
  }

  private get quickInputBox(): Locator {
    return this.quickInput.locator('.quick-input-box input');
  }

  private get quickRows(): Locator {
    return this.quickInput.locator('.quick-input-list .monaco-list-row');
  }

  /** Labels of the rows that a pick shows now (as read by a screen reader: label, description, detail). */
  async quickItems(): Promise<string[]> {
    return this.quickRows.evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? ''));
  }

  /** Types into the quick input, instead of what stood there. */
  async quickType(text: string): Promise<void> {
    await this.quickInputBox.waitFor();
    await this.quickInputBox.fill(text);
  }

  /** Types and presses Enter: the answer to an input box. */
  async quickAnswer(text: string): Promise<void> {
    await this.quickType(text);
    await this.quickInputBox.press('Enter');
  }

  /** Answers VS Code's own file dialog in a browser with a path. */
  async quickBrowse(path: string): Promise<void> {
    const button = this.quickInput.locator('.quick-input-action .monaco-button').filter({ hasText: 'OK' });
    await button.waitFor();
    // The dialog completes what is typed, so it is typed as by a person: once the first folder is there, key by key.
    await this.quickRow('..').waitFor();
    await this.quickInputBox.press('Control+A');
    await this.quickInputBox.pressSequentially(path, { delay: 20 });
    await this.quickRow(path.split('/').at(-1)!).waitFor();
    await button.click();
  }

  /** Waits for a message below the quick input, such as what is wrong with the text, and returns it. */
  async quickMessage(text: RegExp): Promise<string> {
    const message = this.quickInput.locator('.quick-input-message', { hasText: text });
    await message.waitFor();
    return (await message.textContent()) ?? '';
  }

  private quickRow(label: string): Locator {
    return this.quickInput.locator(`.monaco-list-row[aria-label^=${JSON.stringify(label)}]`).first();
  }

  private async noSuchItem(label: string, cause?: unknown): Promise<Error> {
    const items = (await this.quickItems()).join('\n  ');
    return new Error(`Nothing begins with "${label}" among the items:\n  ${items}`, { cause });
  }

  /** Picks the first row that begins with a text; waits for it to appear. */
  async quickChoose(label: string): Promise<void> {
    const row = this.quickRow(label);
    try {
      await row.waitFor();
    } catch (error) {
      throw await this.noSuchItem(label, error);
    }
    await row.click();
  }

  /** Opens the palette with a text and chooses a row. The list does not follow what appears later, hence the repetition. */
  private async quickAccess(text: string, label: string): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    for (let timeout = 1500; Date.now() < deadline; timeout *= 2) {
      await this.openQuickAccess(text);
      const row = this.quickRow(label);
      if (await appears(row, timeout)) {
        await row.click();
        return;
      }
    }
    throw await this.noSuchItem(label);
  }

  private async openQuickAccess(text: string): Promise<void> {
    // A page that has just taken the focus swallows keys until it hands them on, so they are pressed again.
    for (let attempt = 1; attempt < 10; attempt++) {
      await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('F1');
      if (await appears(this.quickInputBox, 2000)) break;
    }
    await this.quickType(text);
  }

  /** Runs a command by its full title in the palette, for instance "V2S: Reprogram Dataset". */
  async runCommand(title: string): Promise<void> {
    await this.quickAccess(`>${title}`, title);
  }

  // --- Files and editors

  /** Opens a file of the workspace by its relative path, with the cursor on a line (1-based). */
  async openFile(path: string, line?: number): Promise<void> {
    const name = path.split('/').at(-1)!;
    await this.quickAccess(path, name);
    await this.tab(name).waitFor();
    if (line !== undefined) await this.goToLine(line);
  }

  /** Puts the cursor of the active text editor on a line (1-based). */
  async goToLine(line: number): Promise<void> {
    // Until the editor is active, the list only says that there is none.
    await this.quickAccess(`:${line}`, `Go to line ${line}`);
    await this.quickInput.waitFor({ state: 'hidden' });
  }

  /** The tab of an editor or panel by its title. */
  tab(title: string): Locator {
    return this.page.locator(
      `.tab[data-resource-name=${JSON.stringify(title)}], .tab[aria-label^=${JSON.stringify(title)}]`,
    );
  }

  async closeAllEditors(): Promise<void> {
    await this.runCommand('View: Close All Editors');
    await this.page.locator('.tab').first().waitFor({ state: 'detached' });
  }

  /** Right-clicks a file in the explorer and picks an item of its menu. */
  async contextMenu(file: string, item: string): Promise<void> {
    await this.runCommand('View: Show Explorer');
    const row = this.page.locator(`.explorer-folders-view .monaco-list-row[aria-label^=${JSON.stringify(file)}]`);
    const entry = this.page.locator('.monaco-menu .action-item').filter({ hasText: item });
    // An open menu does not take up what extensions add to it shortly after the start of the window.
    for (let timeout = 1500; ; timeout *= 2) {
      await row.click({ button: 'right' });
      if (await appears(entry, timeout)) break;
      if (timeout > PATIENCE) throw new Error(`The menu of ${file} has no item "${item}".`);
      await this.page.keyboard.press('Escape');
    }
    // A menu takes no click in the first moments after it opened, so that a double right click chooses nothing.
    await this.page.waitForTimeout(300);
    await entry.click();
  }

  // --- Notifications, status bar, dialogs

  private get toasts(): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item');
  }

  /** The notifications on the screen, the newest first. */
  async notifications(): Promise<Notification[]> {
    return this.toasts.evaluateAll((items) =>
      items.map((item) => ({
        severity: item.querySelector('.codicon-error')
          ? ('error' as const)
          : item.querySelector('.codicon-warning')
            ? ('warning' as const)
            : ('info' as const),
        text: item.querySelector('.notification-list-item-message')?.textContent ?? '',
        buttons: [...item.querySelectorAll('.notification-list-item-buttons-container .monaco-button')].map(
          (button) => button.textContent ?? '',
        ),
      })),
    );
  }

  /** Waits for a notification whose text matches, and returns it. */
  async notification(text: RegExp, timeout = PATIENCE): Promise<Notification> {
    const item = this.toasts.filter({ has: this.page.locator('.notification-list-item-message', { hasText: text }) });
    await item.first().waitFor({ timeout });
    const found = (await this.notifications()).find((notification) => text.test(notification.text));
    if (!found) throw new Error(`The notification ${text} vanished while it was read.`);
    return found;
  }

  /** Presses a button of the notification whose text matches. */
  async answerNotification(text: RegExp, button: string): Promise<void> {
    const item = this.toasts.filter({ hasText: text }).first();
    // Buttons of a collapsed notification appear when the mouse is over it.
    await item.hover();
    await item.locator('.monaco-button', { hasText: button }).click();
  }

  async clearNotifications(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
    await this.toasts.first().waitFor({ state: 'detached' });
  }

  /** An item of the status bar by its text. */
  statusItem(text: RegExp): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: text });
  }

  /** The modal dialog, if one is open. */
  get dialog(): Locator {
    return this.page.locator('.monaco-dialog-box');
  }

  /** Presses a button of the modal dialog; waits for both. */
  async answerDialog(button: string): Promise<void> {
    await this.dialog.locator('.monaco-button', { hasText: button }).click();
    await this.dialog.waitFor({ state: 'detached' });
  }

  // --- Webviews

  /** The pages of the webviews that can be seen. A webview is two nested frames, and hidden ones stay in the document. */
  private async visibleWebviews(): Promise<Frame[]> {
    const found: Frame[] = [];
    for (const frame of this.page.frames()) {
      const outer = frame.parentFrame();
      if (!outer || outer === this.page.mainFrame()) continue;
      try {
        const [host, inner] = [await outer.frameElement(), await frame.frameElement()];
        if ((await host.isVisible()) && (await inner.getAttribute('id')) === 'active-frame') found.push(frame);
      } catch {
        // The frame was replaced while it was looked at: VS Code swaps a new page in once it is loaded.
      }
    }
    return found;
  }

  /** The page inside the visible webview (panel, view or custom editor) that shows an element; waits until it is drawn. */
  async webview(selector: string, timeout = PATIENCE): Promise<Frame> {
    const deadline = Date.now() + timeout;
    let seen: string[] = [];
    while (Date.now() < deadline) {
      const webviews = await this.visibleWebviews();
      const drawn = await Promise.all(
        webviews.map((webview) =>
          webview
            .locator(selector)
            .first()
            .isVisible()
            .catch(() => false),
        ),
      );
      const index = drawn.indexOf(true);
      if (index >= 0) return webviews[index];
      seen = await Promise.all(
        webviews.map((webview) =>
          webview
            .locator('body')
            .innerText({ timeout: 1000 })
            .catch(() => '(no body)'),
        ),
      );
      await this.page.waitForTimeout(100);
    }
    const texts = seen.map((text) => `\n  ${JSON.stringify(text.slice(0, 300))}`).join('');
    throw new Error(
      `No webview showed "${selector}" within ${timeout / 1000} s. Visible webviews: ${seen.length}${texts}`,
    );
  }

  /** Lines of the console that tell of a breach of a content security policy. */
  cspViolations(): string[] {
    return this.console.filter((line) => /content security policy/i.test(line));
  }
}
