import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connectionFailure } from "../../model/connection_failure.ts";
import { bindPort } from "../simulator/http/bind_port.ts";
import { withoutSlash } from "./endpoint.ts";

/** A server on 127.0.0.1 that passes every request on. */
export interface Proxy {
  /** Its base URL. */
  readonly url: string;
  /** Stops listening, once all answers are complete or their clients are gone. */
  close(): Promise<void>;
}

/** Headers of one connection, which are not passed on. */
const HOP_BY_HOP = [
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * Starts a server that sends each request to the base URL.
 *
 * @throws {Error} With the code `EADDRINUSE` if the port is taken.
 */
export function openProxy(send: typeof fetch, baseURL: string, port: number): Proxy {
  const base = new URL(baseURL);
  const target = withoutSlash(base.origin + base.pathname);
  const basic = basicOf(base);
  const running = new Set<Promise<void>>();
  let closing: Promise<void> | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const leaving = new AbortController();
    response.on("close", () => {
      if (!response.writableFinished) leaving.abort();
    });
    const url = urlOf(request, base);
    const path = `${url.pathname.replace(/^\/v1(?=\/|$)/, "")}${url.search}`;
    const body = await readBody(request);
    let answered: Response;
    try {
      answered = await send(target + path, {
        method: request.method,
        headers: headersOf(request, basic),
        body: body.length === 0 ? undefined : body,
        redirect: "manual",
        signal: leaving.signal,
      });
    } catch (thrown) {
      const message = `the recorder could not reach ${target}: ${connectionFailure(thrown)}`;
      answered = Response.json({ error: { message, type: "recorder_unreachable" } }, {
        status: 502,
      });
    }
    await sendOn(answered, response);
  }

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    while (running.size > 0) await Promise.all(running);
    // The server would wait for connections that have never had a request.
    server.closeAllConnections();
    await closed;
  }

  const server = createServer((request, response) => {
    const sent = new Promise<void>((resolve) => response.on("close", () => resolve()));
    // The client sees a connection that breaks, as it would without the proxy.
    const answered = answer(request, response).catch(() => void response.destroy())
      .then(() => sent);
    running.add(answered);
    answered.finally(() => running.delete(answered));
  });
  const bound = bindPort(server, port);
  return {
    url: `http://127.0.0.1:${bound}/v1`,
    close: () => closing ??= close(),
  };
}

/** Returns the URL of a request, with the query of the base URL: Azure's has one. */
function urlOf({ url = "/" }: IncomingMessage, { searchParams }: URL): URL {
  const whole = new URL(url.startsWith("/") ? `http://127.0.0.1${url}` : url);
  const more = new URLSearchParams(
    [...searchParams].filter(([name]) => !whole.searchParams.has(name)),
  ).toString();
  if (more !== "") whole.search += `${whole.search === "" ? "?" : "&"}${more}`;
  return whole;
}

/** Returns the header for the user name and the password of a URL. */
function basicOf({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const credentials = `${decode(username)}:${decode(password)}`;
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function headersOf({ rawHeaders }: IncomingMessage, basic: string | undefined): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  for (const name of HOP_BY_HOP) headers.delete(name);
  // Clients without a key send none, or a placeholder.
  const hasKey = !/^(Bearer none)?$/.test(headers.get("authorization") ?? "");
  if (basic !== undefined && !hasKey) headers.set("authorization", basic);
  return headers;
}

async function readBody(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Sends an answer to the client, each chunk as soon as it arrives. */
async function sendOn(
  { status, headers, body }: Response,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of headers) {
    if (name !== "set-cookie" && !HOP_BY_HOP.includes(name)) response.setHeader(name, value);
  }
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  response.writeHead(status);
  response.flushHeaders();
  for await (const chunk of body ?? []) {
    if (response.destroyed) return;
    if (response.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      const go = () => {
        response.off("drain", go).off("close", go);
        resolve();
      };
      response.on("drain", go).on("close", go);
    });
  }
  response.end();
}
