import {
  Peer,
  errorCode,
  errorMessage,
  isCanceled,
  type Contract,
  type EventData,
  type Remote,
} from '../../src/protocol/rpc';
import type { commonRequests } from '../../src/protocol/panels/panel';
import { READY_LIMIT, keptStateSchema, type Identity, type PanelId } from '../../src/protocol/panels/panel';

/** What VS Code gives a page; it can be acquired once. */
interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** The data of a panel's `ready` state. */
export type PanelData<H extends Contract> =
  Extract<EventData<H, 'state'>, { status: 'ready' }> extends { data: infer D } ? D : never;

type CommonContract = { requests: typeof commonRequests; events: Record<string, never> };

/** The host as a panel's view uses it. */
export interface HostLink<H extends Contract, V extends object> {
  readonly remote: Remote<H>;
  on<E extends keyof H['events'] & string>(event: E, listener: (data: EventData<H, E>) => void): () => void;
  /** what the person had chosen when the panel was last seen; every part may be missing or of another shape */
  readonly restored: { [K in keyof V]?: unknown };
  /** remembers choices over a reload */
  keep(view: V): void;
}

/** The page's end of the line to the extension host. */
export class Page<H extends Contract, V extends object> implements HostLink<H, V> {
  readonly remote: Remote<H>;
  readonly common: Remote<CommonContract>;
  readonly restored: { [K in keyof V]?: unknown };
  readonly #peer: Peer<{ requests: Record<string, never>; events: Record<string, never> }, H>;
  readonly #vscode: VsCodeApi;
  #identity: Identity;

  constructor(panel: { id: PanelId; host: H }) {
    this.#vscode = acquireVsCodeApi();
    const kept = keptStateSchema.safeParse(this.#vscode.getState());
    this.#identity = kept.success ? kept.data.identity : {};
    const view = kept.success ? kept.data.view : undefined;
    this.restored = (typeof view === 'object' && view !== null ? view : {}) as { [K in keyof V]?: unknown };
    this.#peer = new Peer(
      {
        post: (message) => this.#vscode.postMessage(message),
        listen: (receive) => {
          const onMessage = (event: MessageEvent<unknown>) => receive(event.data);
          window.addEventListener('message', onMessage);
          return () => window.removeEventListener('message', onMessage);
        },
      },
      {
        serves: { requests: {}, events: {} },
        handlers: {},
        uses: panel.host,
        onDefect: (text, error) => this.report(error === undefined ? text : `${text} ${errorMessage(error)}`),
      },
    );
    this.remote = this.#peer.remote;
    this.common = this.#peer.remote as unknown as Remote<CommonContract>;
    window.addEventListener('error', (event) => this.report(event.message, event.error));
    window.addEventListener('unhandledrejection', (event) => {
      if (!isCanceled(event.reason)) this.report(errorMessage(event.reason), event.reason);
    });
  }

  on<E extends keyof H['events'] & string>(event: E, listener: (data: EventData<H, E>) => void): () => void {
    return this.#peer.on(event, listener);
  }

  /** Tells the host that the page listens; the host answers with states. @throws RemoteError `panel.silent` after a while */
  async ready(): Promise<void> {
    const silent = new AbortController();
    const timer = setTimeout(() => silent.abort(), READY_LIMIT);
    try {
      const { identity } = await this.common.ready({}, { signal: silent.signal });
      this.#identity = identity;
      this.#vscode.setState({ identity, view: this.restored });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Asks what the panel is about now, so that a reload brings this back. */
  async identify(): Promise<void> {
    try {
      const { identity } = await this.common.identify({});
      this.#identity = identity;
      this.#vscode.setState({ identity, view: this.restored });
    } catch (error) {
      // The panel works without it; only its restoring would be of an earlier state.
      this.report(errorMessage(error), error);
    }
  }

  keep(view: V): void {
    Object.assign(this.restored, view);
    this.#vscode.setState({ identity: this.#identity, view: this.restored });
  }

  /** Writes an unforeseen error to the extension's log. */
  report(message: string, error?: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.common.report({ message, stack }).catch(() => undefined);
  }
}

export { errorCode, errorMessage, isCanceled };
