import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type * as z from 'zod';
import {
  type commonHostEvents,
  type commonRequests,
  PAGE,
  type Identity,
  type PanelContract,
  type PanelState,
} from '../../protocol/panels/panel';
import { errorCode, errorMessage, Peer, type Contract, type Handlers } from '../../protocol/rpc';
import { Disposable } from '../dispose';
import { saveBytes } from './save-file';
import { pageHtml } from './page-html';

/** What a panel needs of the extension around it. */
export interface PanelServices {
  readonly extensionUri: vscode.Uri;
  readonly log: vscode.LogOutputChannel;
  /** CSV in which no cell is run as a formula */
  tableCsv(header: string[], rows: (string | number | null)[][]): Promise<string>;
}

type CommonName = keyof typeof commonRequests;
type ProgramEvent = z.infer<(typeof commonHostEvents)['program']>;
type StateOf<H extends Contract> = H['events'] extends { state: infer S extends z.ZodType } ? z.input<S> : never;
type DataOf<H extends Contract> = Extract<StateOf<H>, { status: 'ready' }> extends { data: infer D } ? D : never;

/** The requests of a panel beyond those of every panel. */
export type OwnHandlers<H extends Contract> = {
  [M in Exclude<keyof H['requests'], CommonName>]: Handlers<H>[M];
};

export interface PanelOptions<H extends Contract> {
  handlers: OwnHandlers<H>;
  /** what brings the panel back after a reload */
  identity(): Identity;
  /** asks for another program for the panel's file */
  chooseProgram(): Promise<void>;
  /** folder that saved files are proposed in */
  folder?(): vscode.Uri | undefined;
}

/** How long a page may take to answer before it is made again, ms; longer each time, for a machine that is only slow. */
const RELOAD_AFTER = [8_000, 16_000, 32_000];

/**
 * The host's end of a panel: makes the page, answers what every page asks, and keeps the present state, which a page gets whenever it
 * is made anew (VS Code unloads the page of a hidden panel).
 */
export class PanelConnection<H extends Contract> extends Disposable {
  readonly #peer: Peer<H, Contract>;
  #state: PanelState<unknown> | null = null;
  #actions: Record<string, () => unknown> = {};
  #program: ProgramEvent | null = null;
  #answered = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #withData: (() => void)[] = [];

  constructor(
    readonly webview: vscode.Webview,
    private readonly services: PanelServices,
    contract: PanelContract & { host: H },
    private readonly options: PanelOptions<H>,
    title: string,
  ) {
    super();
    webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(services.extensionUri, 'dist', 'webview')],
    };
    const handlers = { ...this.#common(contract.id), ...options.handlers } as unknown as Handlers<H>;
    this.#peer = new Peer<H, Contract>(
      {
        post: (message) => void webview.postMessage(message),
        listen: (receive) => {
          const subscription = webview.onDidReceiveMessage(receive);
          return () => subscription.dispose();
        },
      },
      {
        serves: contract.host,
        handlers,
        uses: contract.page,
        onDefect: (text, error) => services.log.error(`${contract.id}: ${text}`, error instanceof Error ? error : ''),
      },
    );
    this.own({ dispose: () => this.#peer.close() });
    this.#load(contract.id, title, RELOAD_AFTER);
    this.own({ dispose: () => this.#timer && clearTimeout(this.#timer) });
  }

  /**
   * Makes the page, and makes it again if it does not answer. In a browser VS Code serves a page's script by a service worker; when
   * several panels are restored at once, one may be loaded before its worker is there, gets no script and would stay blank.
   * @param waits time before each next try, ms
   */
  #load(id: string, title: string, [wait, ...waits]: readonly number[]): void {
    this.webview.html = this.#page(id, title);
    if (wait === undefined) return;
    this.#timer = setTimeout(() => {
      if (this.#answered) return;
      this.services.log.warn(`The page of the panel ${id} did not answer within ${wait} ms; it is made again.`);
      this.#load(id, title, waits);
    }, wait);
  }

  /** Shows a state. @param actions what the ids of its actions do */
  show(state: StateOf<H>, actions: Record<string, () => unknown> = {}): void {
    this.#state = state as PanelState<unknown>;
    this.#actions = actions;
    this.#send();
  }

  /** Gives the page the present state, and after data what waited for them. */
  #send(): void {
    if (!this.#answered || !this.#state || this.isDisposed) return;
    if (this.#program) this.#peer.emit('program', this.#program as never);
    this.#peer.emit('state', this.#state as never);
    if (!this.showsData) return;
    for (const emit of this.#withData.splice(0)) emit();
  }

  /** Shows in the header which program explains the panel's file; null: none. */
  showProgram(fitted: ProgramEvent['fitted']): void {
    this.#program = { fitted };
    if (this.#answered && !this.isDisposed) this.#peer.emit('program', this.#program as never);
  }

  ready(data: DataOf<H>): void {
    this.show({ status: 'ready', data } as StateOf<H>);
  }

  loading(text: string, done = 0, total = 0): void {
    this.show({ status: 'loading', text, done, total } as StateOf<H>);
  }

  empty(title: string, text: string, actions: Record<string, { label: string; run: () => unknown }> = {}): void {
    this.show({ status: 'empty', title, text, actions: labels(actions) } as StateOf<H>, callbacks(actions));
  }

  fail(error: unknown, actions: Record<string, { label: string; run: () => unknown }> = {}): void {
    const code = errorCode(error);
    if (code === 'internal') this.services.log.error(error instanceof Error ? error : String(error));
    const state = { status: 'error', code, message: errorMessage(error), actions: labels(actions) };
    this.show(state as StateOf<H>, callbacks(actions));
  }

  /** Whether the page shows data now rather than a message. */
  get showsData(): boolean {
    return this.#state?.status === 'ready';
  }

  emit<E extends keyof H['events'] & string>(event: E, data: z.input<H['events'][E]>): void {
    if (this.#answered) this.#peer.emit(event, data);
  }

  /** The same for an event that needs the data: sent at once if the page has them, else after them. */
  emitWithData<E extends keyof H['events'] & string>(event: E, data: z.input<H['events'][E]>): void {
    if (this.#answered && this.showsData) this.emit(event, data);
    else this.#withData.push(() => this.emit(event, data));
  }

  #common(id: string): Handlers<{ requests: typeof commonRequests; events: Record<string, never> }> {
    const { services } = this;
    return {
      ready: () => {
        this.#answered = true;
        // After the reply, so that the page knows who it is before it draws.
        setImmediate(() => this.#send());
        return { identity: this.options.identity() };
      },
      identify: () => ({ identity: this.options.identity() }),
      act: async ({ id: action }) => {
        if (Object.hasOwn(this.#actions, action)) await this.#actions[action]();
        return {};
      },
      save: async ({ name, format, content }) => {
        const data = typeof content === 'string' ? new TextEncoder().encode(content) : content;
        return { saved: await saveBytes(name, format, data, this.options.folder?.()) };
      },
      saveTable: async ({ name, header, rows }) => {
        const csv = await services.tableCsv(header, rows);
        return { saved: await saveBytes(name, 'csv', new TextEncoder().encode(csv), this.options.folder?.()) };
      },
      chooseProgram: async () => {
        await this.options.chooseProgram();
        return {};
      },
      showLog: () => {
        services.log.show(true);
        return {};
      },
      report: ({ message, stack }) => {
        services.log.error(`${id}: ${message}${stack ? `\n${stack}` : ''}`);
        return {};
      },
    };
  }

  #page(id: string, title: string): string {
    const script = vscode.Uri.joinPath(this.services.extensionUri, 'dist', 'webview', `${id}.js`);
    return pageHtml({
      title,
      language: vscode.env.language,
      script: this.webview.asWebviewUri(script).toString(),
      cspSource: this.webview.cspSource,
      nonce: randomBytes(18).toString('base64'),
      rootId: PAGE.rootId,
      stringsId: PAGE.stringsId,
      strings: translations(),
    });
  }
}

/** The translations of the present language; none in English. */
function translations(): Record<string, string> {
  const bundle = vscode.l10n.bundle ?? {};
  const text = (value: string | { message: string }): string => (typeof value === 'string' ? value : value.message);
  return Object.fromEntries(Object.entries(bundle).map(([english, value]) => [english, text(value)]));
}

type Actions = Record<string, { label: string; run: () => unknown }>;

function labels(actions: Actions): { id: string; label: string }[] {
  return Object.entries(actions).map(([id, { label }]) => ({ id, label }));
}

function callbacks(actions: Actions): Record<string, () => unknown> {
  return Object.fromEntries(Object.entries(actions).map(([id, { run }]) => [id, run]));
}
