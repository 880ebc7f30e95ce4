/** A signal that is created while this module is loaded. */
export const { signal } = new AbortController();
