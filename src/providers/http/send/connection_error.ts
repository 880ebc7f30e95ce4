/** Reasons by the code of an error. The messages of Node and Bun would show addresses. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Connection refused",
  ConnectionRefused: "Connection refused",
  ECONNRESET: "the server reset the connection",
  ConnectionReset: "the server reset the connection",
  ConnectionClosed: "the server closed the connection",
  UND_ERR_SOCKET: "the server closed the connection",
  EPIPE: "the server closed the connection",
  ETIMEDOUT: "the connection timed out",
  UND_ERR_CONNECT_TIMEOUT: "the connection timed out",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ENOTFOUND: "the host was not found",
  EAI_AGAIN: "the host was not found",
  EMFILE: "too many files and connections are open",
  ZlibError: "the response cannot be decompressed",
  BrotliDecompressionError: "the response cannot be decompressed",
  ZstdDecompressionError: "the response cannot be decompressed",
  UND_ERR_HEADERS_OVERFLOW: "the headers of the response are too long",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the response is shorter or longer than announced",
};

/** A connection that could not be opened, or that broke. */
export class ConnectionError extends Error {
  /** Wraps the error of a driver. */
  constructor(cause: unknown) {
    super(describeConnectionFailure(cause), { cause });
  }
}

/** Says what happened to a connection, without the address of the server. */
export function describeConnectionFailure(thrown: unknown): string {
  const { code, message } = thrown as { readonly code?: unknown; readonly message?: unknown };
  const reason = typeof code === "string" ? REASONS[code] : undefined;
  if (reason !== undefined) return reason;
  if (typeof message !== "string" || message === "") return String(code ?? thrown);
  // Bun writes the URL, which may have a key, and advice about its `fetch`.
  return message.replace(/ fetching ".*$/s, "");
}
