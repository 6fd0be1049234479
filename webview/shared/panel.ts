import { RemoteError, type Contract } from '../../src/protocol/rpc';
import type { FittedProgram } from '../../src/protocol/program-choice';
import type { PanelAction, PanelId, PanelState } from '../../src/protocol/panels/panel';
import { button } from './controls/button';
import { progressBar, progressRing } from './controls/progress';
import { registerControls } from './controls/toolkit';
import { element } from './dom';
import { ProgramChip } from './program-chip';
import { Page, errorCode, errorMessage, isCanceled, type HostLink, type PanelData } from './page';
import { takePicture, toPng } from './snapshot';
import { t } from './strings';
import { adoptStyles } from './styles/adopt-styles';
import { showMarks } from './visible-marks';
import { onThemeChange, readTheme, type Theme } from './theme';
import { fileStem, toJson, type Table } from './model/export-text';
import { PAGE } from '../../src/protocol/panels/panel';

/** What a panel's view may do besides drawing. */
export interface PanelContext<H extends Contract, V extends object> extends HostLink<H, V> {
  /** the theme as it is now */
  readonly theme: Theme;
  onTheme(changed: (theme: Theme) => void): void;
  /** says it to screen readers, politely */
  announce(text: string): void;
  /** waits for a request; a failure is shown as a notice instead of being thrown */
  attempt<T>(work: Promise<T>): Promise<T | undefined>;
  /** shows a problem above the content until it is dismissed */
  notice(message: string, code?: string): void;
  /** the buttons that save what is shown */
  exportButtons(source: ExportSource): HTMLElement;
}

/** What can be saved of a panel; called when a button is pressed. */
interface ExportSource {
  /** parts of the proposed file name */
  name(): string[];
  /** what is on the picture */
  picture(): HTMLElement;
  table?(): Table;
  /** replaces `table` where the host writes the CSV itself */
  csv?(): Promise<unknown>;
  json(): unknown;
}

/** The content of a panel, made when the first data arrive. */
export interface PanelView<D> {
  readonly element: HTMLElement;
  update(data: D): void;
}

interface PanelDefinition<H extends Contract, V extends object> {
  panel: { id: PanelId; host: H };
  /** style sheet of the panel */
  styles: string;
  create(context: PanelContext<H, V>): PanelView<PanelData<H>>;
}

/** Starts a panel's page: connects, shows states, makes the view. */
export function startPanel<H extends Contract, V extends object>(definition: PanelDefinition<H, V>): void {
  adoptStyles(definition.styles);
  registerControls();
  const root = document.getElementById(PAGE.rootId) ?? document.body;
  new PanelFrame(definition, new Page<H, V>(definition.panel), root).start();
}

class PanelFrame<H extends Contract, V extends object> implements PanelContext<H, V> {
  theme: Theme = readTheme();
  readonly #notices = element('div', { class: 'notices' });
  readonly #program = new ProgramChip(() => void this.attempt(this.page.common.chooseProgram({})));
  readonly #state = element('section', { class: 'state' });
  readonly #content = element('main', { class: 'content', hidden: true });
  readonly #live = element('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });
  readonly #themeListeners: ((theme: Theme) => void)[] = [];
  #view: PanelView<PanelData<H>> | null = null;
  #loading: { text: HTMLElement; bar: ReturnType<typeof progressBar>; share: HTMLElement } | null = null;

  constructor(
    private readonly definition: PanelDefinition<H, V>,
    private readonly page: Page<H, V>,
    private readonly root: HTMLElement,
  ) {}

  get remote(): HostLink<H, V>['remote'] {
    return this.page.remote;
  }
  get restored(): HostLink<H, V>['restored'] {
    return this.page.restored;
  }
  on: HostLink<H, V>['on'] = (event, listener) => this.page.on(event, listener);
  keep(view: V): void {
    this.page.keep(view);
  }

  start(): void {
    this.root.classList.add('panel', `panel-${this.definition.panel.id}`);
    showMarks(this.root);
    this.root.replaceChildren(this.#notices, this.#program.element, this.#state, this.#content, this.#live);
    this.#applyTheme(this.theme);
    onThemeChange((theme) => this.#applyTheme(theme));
    this.page.on('state', (state) => {
      this.#show(state as PanelState<PanelData<H>>);
      if ((state as PanelState<unknown>).status === 'ready') void this.page.identify();
    });
    this.page.on('program', (event) => {
      const warning = this.#program.set((event as { fitted: FittedProgram | null }).fitted);
      if (warning !== null) this.announce(warning);
    });
    void this.#connect();
  }

  async #connect(): Promise<void> {
    this.#showLoading(t('Connecting to the extension…'), 0, 0);
    try {
      await this.page.ready();
    } catch (error) {
      const silent = isCanceled(error);
      this.#showProblem(
        silent ? 'panel.silent' : errorCode(error),
        silent
          ? t('The extension did not answer. It may still be starting, or it may have stopped. Its log says more.')
          : errorMessage(error),
        [{ label: t('Try Again'), run: () => void this.#connect() }],
      );
    }
  }

  #applyTheme(theme: Theme): void {
    this.theme = theme;
    const { style } = this.root;
    style.setProperty('--v2s-accent', theme.accent);
    style.setProperty('--v2s-second', theme.second);
    style.setProperty('--v2s-positive', theme.positive);
    style.setProperty('--v2s-negative', theme.negative);
    this.root.classList.toggle('still', theme.still);
    for (const listener of this.#themeListeners) listener(theme);
  }

  #show(state: PanelState<PanelData<H>>): void {
    switch (state.status) {
      case 'loading':
        return this.#showLoading(state.text, state.done, state.total);
      case 'empty':
        return this.#showEmpty(state.title, state.text, state.actions);
      case 'error':
        return this.#showProblem(state.code, state.message, this.#hostActions(state.actions));
      case 'ready':
        return this.#showData(state.data);
    }
  }

  #showData(data: PanelData<H>): void {
    this.#loading = null;
    this.#state.hidden = true;
    this.#state.replaceChildren();
    if (!this.#view) {
      this.#view = this.definition.create(this);
      this.#content.replaceChildren(this.#view.element);
    }
    // Shown before it draws, so that the view can measure its place.
    this.#content.hidden = false;
    this.#view.update(data);
  }

  #replaceState(...children: Node[]): void {
    this.#content.hidden = true;
    this.#state.hidden = false;
    this.#state.replaceChildren(...children);
  }

  #showLoading(text: string, done: number, total: number): void {
    if (!this.#loading) {
      const bar = progressBar(text);
      const parts = { text: element('p', { class: 'state-title' }), bar, share: element('p', { class: 'muted' }) };
      this.#loading = parts;
      this.#replaceState(progressRing(), parts.text, bar.element, parts.share);
    }
    const { text: line, bar, share } = this.#loading;
    if (line.textContent !== text) {
      line.textContent = text;
      this.announce(text);
    }
    bar.fraction = total > 0 ? done / total : null;
    bar.element.hidden = total <= 0;
    share.textContent = total > 0 ? `${Math.round((100 * done) / total)} %` : '';
  }

  #showEmpty(title: string, text: string, actions: readonly PanelAction[]): void {
    this.#loading = null;
    this.#replaceState(
      element('h1', { class: 'state-title' }, title),
      element('p', { class: 'state-text' }, text),
      actionRow(this.#hostActions(actions)),
    );
    this.announce(`${title} ${text}`);
  }

  #showProblem(code: string, message: string, actions: { label: string; run: () => void }[]): void {
    this.#loading = null;
    this.#replaceState(
      element('h1', { class: 'state-title problem' }, t('This did not work')),
      element('p', { class: 'state-text', role: 'alert' }, message),
      element('p', { class: 'muted code' }, code),
      actionRow([...actions, { label: t('Show Log'), run: () => void this.page.common.showLog({}) }]),
    );
  }

  #hostActions(actions: readonly PanelAction[]): { label: string; run: () => void }[] {
    return actions.map(({ id, label }) => ({
      label,
      run: () => void this.attempt(this.page.common.act({ id })),
    }));
  }

  onTheme(changed: (theme: Theme) => void): void {
    this.#themeListeners.push(changed);
  }

  announce(text: string): void {
    this.#live.textContent = text;
  }

  async attempt<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (!isCanceled(error)) this.notice(errorMessage(error), errorCode(error));
      if (!(error instanceof RemoteError)) this.page.report(errorMessage(error), error);
      return undefined;
    }
  }

  notice(message: string, code?: string): void {
    const shown: HTMLElement = element(
      'div',
      { class: 'notice', role: 'alert' },
      element('span', { class: 'notice-text' }, message, code ? ' ' : null, code ? element('code', {}, code) : null),
      button(t('Show Log'), () => void this.page.common.showLog({})).element,
      button('✕', () => shown.remove(), { appearance: 'icon', title: t('Dismiss') }).element,
    );
    // One notice at a time: the latest is the one that matters.
    this.#notices.replaceChildren(shown);
  }

  exportButtons(source: ExportSource): HTMLElement {
    const stem = () => fileStem(...source.name());
    const save = (format: 'svg' | 'png' | 'json', content: string | Uint8Array) =>
      this.page.common.save({ name: stem(), format, content });
    const picture = () => takePicture(source.picture(), this.theme.background);
    const table = source.table;
    const csv = source.csv ?? (table ? () => this.page.common.saveTable({ name: stem(), ...table() }) : null);
    const make = (label: string, title: string, work: () => Promise<unknown>) =>
      button(label, () => void this.#export(label, work), { title, appearance: 'secondary' }).element;
    return element(
      'div',
      { class: 'exports', role: 'group', 'aria-label': t('Export') },
      element('span', { class: 'muted', 'aria-hidden': 'true' }, t('Export')),
      make('SVG', t('Export as SVG'), async () => save('svg', picture().svg)),
      make('PNG', t('Export as PNG'), async () => save('png', await toPng(picture()))),
      csv ? make('CSV', t('Export as CSV'), csv) : null,
      make('JSON', t('Export as JSON'), async () => save('json', toJson(source.json()))),
    );
  }

  async #export(label: string, work: () => Promise<unknown>): Promise<void> {
    const result = (await this.attempt(work())) as { saved?: boolean } | undefined;
    if (result?.saved) this.announce(t('{0} saved.', label));
  }
}

function actionRow(actions: { label: string; run: () => void }[]): HTMLElement {
  return element(
    'div',
    { class: 'actions' },
    ...actions.map(
      ({ label, run }, index) =>
        button(label, run, { appearance: index === 0 && actions.length > 1 ? 'primary' : 'secondary' }).element,
    ),
  );
}
