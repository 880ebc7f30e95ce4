import { causeMessage } from "./cause_message.ts";

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

/** The reason in an error of OpenSSL, between the places in its source. */
const TLS_FAILURE = /error:[0-9A-F]+:SSL routines:[^:]*:([^:\n]+)/i;

/** What the most common of these reasons mean. */
const TLS_REASONS: Readonly<Record<string, string>> = {
  "wrong version number": "the server does not speak TLS on this port",
  "tlsv1 alert no application protocol": "the server does not accept HTTP/1.1",
};

/**
 * Returns why a connection failed, without the address of the server. The message of `fetch` is
 * only "fetch failed": the reason is in its cause.
 */
export function connectionFailure(thrown: unknown): string {
  let last: Error | undefined;
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const { code } = error as { readonly code?: unknown };
    const reason = typeof code === "string" ? REASONS[code] : undefined;
    if (reason !== undefined) return reason;
    last = error;
  }
  if (last === undefined) return causeMessage(thrown);
  const { message, code } = last as Error & { readonly code?: unknown };
  if (message === "") return String(code ?? last);
  const failure = TLS_FAILURE.exec(message)?.[1]?.toLowerCase().replaceAll("_", " ");
  if (failure !== undefined) return TLS_REASONS[failure] ?? `the TLS handshake failed: ${failure}`;
  return message
    // Deno begins with the URL, which may have a key.
    .replace(/^error sending request .*?: (?=client error)/, "")
    // Bun ends with the URL, and with advice about its `fetch`.
    .replace(/ fetching ".*$/s, "");
}
