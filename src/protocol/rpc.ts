import * as z from 'zod';

/**
 * Requests, replies, progress, cancellation and events over any channel that carries structured-clone messages. The same code serves
 * both boundaries: extension host and background process, extension host and webview panel.
 *
 * Each side of a boundary is described by a Contract: the requests it answers and the events it emits. Types and run-time checks both
 * derive from it, so a call site reads like an async function and nothing unchecked crosses a boundary in either direction.
 */

/** One request a side answers. */
export interface RequestSpec<
  Params extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
  Progress extends z.ZodType = z.ZodType,
> {
  params: Params;
  result: Result;
  progress: Progress;
}

/** Describes a request; without `progress` it reports none. */
export function request<P extends z.ZodType, R extends z.ZodType, G extends z.ZodType = z.ZodNever>(
  params: P,
  result: R,
  progress?: G,
): RequestSpec<P, R, G> {
  return { params, result, progress: progress ?? (z.never() as unknown as G) };
}

/** What one side of a boundary answers and emits. */
export interface Contract {
  requests: Record<string, RequestSpec>;
  events: Record<string, z.ZodType>;
}

export interface CallOptions<Progress> {
  /** aborting it rejects the call with the code `canceled` at once and tells the other side to stop */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** The other side as seen by a caller. Rejections are RemoteError. */
export type Remote<C extends Contract> = {
  readonly [M in keyof C['requests']]: (
    params: z.input<C['requests'][M]['params']>,
    options?: CallOptions<z.output<C['requests'][M]['progress']>>,
  ) => Promise<z.output<C['requests'][M]['result']>>;
};

/** What a handler knows of the call it answers. */
export interface CallContext<Progress> {
  /** fires when the caller cancels or the channel closes */
  signal: AbortSignal;
  progress(progress: Progress): void;
}

/** The functions that answer the requests of a contract. A thrown error with a string `code` arrives with this code. */
export type Handlers<C extends Contract> = {
  readonly [M in keyof C['requests']]: (
    params: z.output<C['requests'][M]['params']>,
    call: CallContext<z.input<C['requests'][M]['progress']>>,
  ) => z.input<C['requests'][M]['result']> | Promise<z.input<C['requests'][M]['result']>>;
};

export type EventData<C extends Contract, E extends keyof C['events']> = z.output<C['events'][E]>;

/** Anything that carries messages both ways. */
export interface Channel {
  post(message: unknown): void;
  /** @returns a function that stops listening */
  listen(receive: (message: unknown) => void): () => void;
}

/** An error of the other side, or of the way there: `canceled`, `rpc.closed`, `rpc.params`, `rpc.result`, `rpc.method`, `internal`. */
export class RemoteError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RemoteError';
  }
}

/** Whether an error only says that somebody canceled. */
export function isCanceled(error: unknown): boolean {
  return errorCode(error) === 'canceled';
}

/** The stable code of an error of ours, `internal` for any other. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return error instanceof Error && typeof code === 'string' ? code : 'internal';
}

/** The message of anything thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const frameSchema = z.discriminatedUnion('v2s', [
  z.object({ v2s: z.literal('request'), id: z.int(), method: z.string(), params: z.unknown() }),
  z.object({ v2s: z.literal('cancel'), id: z.int() }),
  z.object({ v2s: z.literal('progress'), id: z.int(), progress: z.unknown() }),
  z.object({ v2s: z.literal('reply'), id: z.int(), result: z.unknown() }),
  z.object({ v2s: z.literal('failure'), id: z.int(), code: z.string(), message: z.string() }),
  z.object({ v2s: z.literal('event'), event: z.string(), data: z.unknown() }),
]);
type Frame = z.infer<typeof frameSchema>;

interface Pending {
  spec: RequestSpec;
  method: string;
  resolve(result: unknown): void;
  reject(error: RemoteError): void;
  onProgress?: (progress: unknown) => void;
}

export interface PeerOptions<Serves extends Contract, Uses extends Contract> {
  /** what this side answers and emits */
  serves: Serves;
  handlers: Handlers<Serves>;
  /** what the other side answers and emits */
  uses: Uses;
  /** told of messages that break the contract and of handlers that threw something unforeseen; for the log */
  onDefect?: (text: string, error?: unknown) => void;
}

/** One end of a channel. */
export class Peer<Serves extends Contract, Uses extends Contract> {
  /** the requests of the other side as async functions */
  readonly remote: Remote<Uses>;
  readonly #pending = new Map<number, Pending>();
  readonly #answering = new Map<number, AbortController>();
  readonly #listeners = new Map<string, Set<(data: unknown) => void>>();
  readonly #unlisten: () => void;
  #nextId = 1;
  #closed: RemoteError | null = null;

  constructor(
    private readonly channel: Channel,
    private readonly options: PeerOptions<Serves, Uses>,
  ) {
    const remote: Record<string, unknown> = {};
    for (const method of Object.keys(options.uses.requests))
      remote[method] = (params: unknown, call?: CallOptions<unknown>) => this.#call(method, params, call);
    this.remote = remote as Remote<Uses>;
    this.#unlisten = channel.listen((message) => this.#receive(message));
  }

  /** Tells the other side; nothing happens on a closed channel. */
  emit<E extends keyof Serves['events'] & string>(event: E, data: z.input<Serves['events'][E]>): void {
    if (!this.#closed) this.channel.post({ v2s: 'event', event, data } satisfies Frame);
  }

  /** Listens to the other side. @returns a function that stops listening */
  on<E extends keyof Uses['events'] & string>(event: E, listener: (data: EventData<Uses, E>) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener as (data: unknown) => void);
    return () => listeners.delete(listener as (data: unknown) => void);
  }

  /** Ends everything: calls under way are rejected with `rpc.closed`, handlers under way see their signal fire. */
  close(message = 'The connection was closed.'): void {
    if (this.#closed) return;
    this.#closed = new RemoteError('rpc.closed', message);
    this.#unlisten();
    for (const { reject } of this.#pending.values()) reject(this.#closed);
    this.#pending.clear();
    for (const controller of this.#answering.values()) controller.abort();
    this.#answering.clear();
    this.#listeners.clear();
  }

  #call(method: string, params: unknown, { signal, onProgress }: CallOptions<unknown> = {}): Promise<unknown> {
    const spec = this.options.uses.requests[method];
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#closed);
      if (signal?.aborted) return reject(new RemoteError('canceled', 'Canceled.'));
      const id = this.#nextId++;
      const onAbort = (): void => {
        this.#pending.delete(id);
        this.channel.post({ v2s: 'cancel', id } satisfies Frame);
        reject(new RemoteError('canceled', 'Canceled.'));
      };
      const settle =
        <T>(finish: (value: T) => void) =>
        (value: T): void => {
          signal?.removeEventListener('abort', onAbort);
          finish(value);
        };
      this.#pending.set(id, { spec, method, resolve: settle(resolve), reject: settle(reject), onProgress });
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        this.channel.post({ v2s: 'request', id, method, params } satisfies Frame);
      } catch (error) {
        this.#take(id)?.reject(new RemoteError('rpc.closed', errorMessage(error), { cause: error }));
      }
    });
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #receive(message: unknown): void {
    const parsed = frameSchema.safeParse(message);
    if (!parsed.success) return this.options.onDefect?.('Ignored an unrecognized message.', parsed.error);
    const frame = parsed.data;
    switch (frame.v2s) {
      case 'request':
        return void this.#answer(frame.id, frame.method, frame.params);
      case 'cancel':
        return this.#answering.get(frame.id)?.abort();
      case 'progress':
        return this.#progress(frame.id, frame.progress);
      case 'reply':
        return this.#reply(frame.id, frame.result);
      case 'failure':
        return this.#take(frame.id)?.reject(new RemoteError(frame.code, frame.message));
      case 'event':
        return this.#event(frame.event, frame.data);
    }
  }

  async #answer(id: number, method: string, raw: unknown): Promise<void> {
    const { serves, handlers } = this.options;
    const spec = Object.hasOwn(serves.requests, method) ? serves.requests[method] : undefined;
    const fail = (code: string, text: string): void => this.#post({ v2s: 'failure', id, code, message: text });
    if (!spec) return fail('rpc.method', `There is no request ${JSON.stringify(method)}.`);
    const params = spec.params.safeParse(raw);
    if (!params.success)
      return fail('rpc.params', `The request ${method} is malformed:\n${z.prettifyError(params.error)}`);
    const controller = new AbortController();
    this.#answering.set(id, controller);
    const call: CallContext<unknown> = {
      signal: controller.signal,
      progress: (progress) => {
        if (!controller.signal.aborted) this.#post({ v2s: 'progress', id, progress });
      },
    };
    try {
      const handler = handlers[method] as (params: unknown, call: CallContext<unknown>) => unknown;
      const result = await handler(params.data, call);
      this.#post({ v2s: 'reply', id, result });
    } catch (error) {
      const code = errorCode(error);
      if (code === 'internal') this.options.onDefect?.(`The request ${method} failed.`, error);
      fail(code, errorMessage(error));
    } finally {
      this.#answering.delete(id);
    }
  }

  #post(frame: Frame): void {
    if (!this.#closed) this.channel.post(frame);
  }

  #progress(id: number, raw: unknown): void {
    const pending = this.#pending.get(id);
    if (!pending?.onProgress) return;
    const progress = pending.spec.progress.safeParse(raw);
    if (progress.success) pending.onProgress(progress.data);
    else this.options.onDefect?.(`Progress of ${pending.method} is malformed.`, progress.error);
  }

  #reply(id: number, raw: unknown): void {
    const pending = this.#take(id);
    if (!pending) return; // canceled in the meantime
    const result = pending.spec.result.safeParse(raw);
    if (result.success) return pending.resolve(result.data);
    const text = `The reply to ${pending.method} is malformed:\n${z.prettifyError(result.error)}`;
    this.options.onDefect?.(text, result.error);
    pending.reject(new RemoteError('rpc.result', text, { cause: result.error }));
  }

  #event(event: string, raw: unknown): void {
    const schema = Object.hasOwn(this.options.uses.events, event) ? this.options.uses.events[event] : undefined;
    const data = schema?.safeParse(raw);
    if (!data?.success) return this.options.onDefect?.(`The event ${event} is unknown or malformed.`, data?.error);
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(data.data);
  }
}
