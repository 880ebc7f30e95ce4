/** See {@link https://jsr.io/@std/async/doc/channel}. */
export declare class ChannelClosedError<T = never> extends Error {
  constructor(message: string, ...rest: [] | [value: T]);
  readonly value: T | undefined;
}
export interface ChannelOptions {
  capacity?: number;
}
export interface ChannelOperationOptions {
  signal?: AbortSignal;
}
export type ChannelReceiveResult<T> =
  | { state: "ok"; value: T }
  | { state: "empty" }
  | { state: "closed" };
export declare class Channel<T> implements AsyncIterable<T>, AsyncDisposable, Disposable {
  constructor(options?: ChannelOptions);
  send(value: T, options?: ChannelOperationOptions): Promise<void>;
  receive(options?: ChannelOperationOptions): Promise<T>;
  trySend(value: T): boolean;
  tryReceive(): ChannelReceiveResult<T>;
  close(reason?: unknown): void;
  get closed(): boolean;
  get size(): number;
  get capacity(): number;
  [Symbol.asyncIterator](): AsyncGenerator<T>;
  toReadableStream(): ReadableStream<T>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}
