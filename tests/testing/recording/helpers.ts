/** Helpers of the recorder tests: a server that sends any bytes, and a folder for files. */
import type { Recording } from "@shoal/agents/testing";
import { join } from "node:path";
import { readFile, rm } from "node:fs/promises";
import { makeTempFolder } from "../../temp_folder.ts";
import { serve as serveHttp } from "../../serve.ts";

/** A folder that is removed when the test ends. */
export interface Folder extends AsyncDisposable {
  path(name: string): string;
  recordings(name: string): Promise<Recording[]>;
}

export async function folder(): Promise<Folder> {
  const dir = await makeTempFolder("shoal-recording-");
  const path = (name: string) => join(dir, name);
  return {
    path,
    async recordings(name) {
      const text = await readFile(path(name), "utf8");
      return text.trimEnd().split("\n").map((line) => JSON.parse(line));
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true }),
  };
}

/** What a server answers with: chunks of bytes or of text; an error breaks the connection. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly chunks?: readonly (string | Uint8Array)[];
  readonly breaksOff?: boolean;
}

/** A server on loopback. */
export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly requests: Request[];
}

/** Starts a server that answers each request. */
export function serve(answer: (request: Request) => Answer | Promise<Answer>): Server {
  const requests: Request[] = [];
  const encoder = new TextEncoder();
  const server = serveHttp(
    async (request) => {
      requests.push(request);
      const { status = 200, headers, chunks = [], breaksOff } = await answer(request);
      let next = 0;
      let pause: ReturnType<typeof setTimeout> | undefined;
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          // Each chunk is sent by itself: servers join those that follow at once.
          if (next > 0) await new Promise((resolve) => pause = setTimeout(resolve, 10));
          const chunk = chunks[next++];
          if (chunk !== undefined) {
            controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
          } else if (breaksOff) controller.error(new Error("broken"));
          else controller.close();
        },
        // The client is gone: a pause that goes on would outlive the test.
        cancel: () => clearTimeout(pause),
      });
      return new Response(body, { status, headers });
    },
  );
  return {
    url: `${server.url}/v1`,
    requests,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Posts JSON. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  return {
    url,
    init: {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    },
  };
}

/** Returns the chunks of a response's body, as text with one character per byte. */
export async function chunksOf(response: Response): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of response.body ?? []) {
    chunks.push(String.fromCharCode(...chunk));
  }
  return chunks;
}
