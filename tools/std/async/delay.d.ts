/** See {@link https://jsr.io/@std/async/doc/delay}. */
export interface DelayOptions {
  signal?: AbortSignal;
  persistent?: boolean;
}
export declare function delay(ms: number, options?: DelayOptions): Promise<void>;
