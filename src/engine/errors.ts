/**
 * An error a person can act on: what is wrong, where, and what was expected.
 * Everything the engine throws on purpose is a V2SError; anything else is a defect of ours.
 */
export class V2SError extends Error {
  /** @param code stable machine-readable name, for example `series.value` or `program.checksum` */
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'V2SError';
  }
}

/** Thrown when work stopped because its AbortSignal fired; whatever could be kept was kept. */
export class CanceledError extends V2SError {
  constructor(message = 'Canceled.') {
    super('canceled', message);
    this.name = 'CanceledError';
  }
}

/** @throws CanceledError when the signal has fired. */
export function throwIfCanceled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CanceledError();
}
