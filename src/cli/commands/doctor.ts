import { sqliteJournal } from "../../journal/mod.ts";
import { painter } from "../run/panel.ts";
import { EXIT, reasonOf } from "../exit_code.ts";
import { environment } from "../environment.ts";

import { streamLimitOf } from "./stream_limit.ts";
import { integer } from "../format.ts";

/** What was found out about one thing. */
export interface Finding {
  /** What was looked at. */
  readonly name: string;
  /** Is it well, could it be better, or does nothing work? */
  readonly state: "ok" | "warn" | "fail";
  /** What is so. */
  readonly says: string;
}

/** What the doctor looks at. */
export interface DoctorOptions {
  /** The server; that of the environment, or OpenAI, if it is not said. */
  readonly baseUrl?: string;
  /** Milliseconds that a look may take. */
  readonly timeout: number;
}

const OPENAI_URL = "https://api.openai.com/v1";

/** Looks whether everything is there that runs need, and prints what it finds. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const paint = painter(Deno.stdout.isTerminal() && !environment("NO_COLOR"));
  let worst: Finding["state"] = "ok";
  for await (const { name, state, says } of findings(options)) {
    const colour = state === "ok" ? "green" : state === "warn" ? "yellow" : "red";
    console.log(`${paint(colour, state.padEnd(4))}  ${name.padEnd(12)}  ${says}`);
    if (state === "fail" || (state === "warn" && worst === "ok")) worst = state;
  }
  return worst === "fail" ? EXIT.broken : EXIT.ok;
}

/** Everything that is found, as it is found. */
export async function* findings(options: DoctorOptions): AsyncGenerator<Finding> {
  yield {
    name: "runtime",
    state: "ok",
    says:
      `Deno ${Deno.version.deno} on ${Deno.build.os} ${Deno.build.arch}, ${navigator.hardwareConcurrency} processors`,
  };
  const baseURL = options.baseUrl ?? environment("OPENAI_BASE_URL") ?? OPENAI_URL;
  yield* permissions(baseURL);
  yield await journal();
  yield key(baseURL);
  const server = await reached(baseURL, options.timeout);
  yield server.finding;
  const streams = await streamLimit(baseURL, options.timeout, server.ms !== undefined);
  yield streams.finding;
  yield expectation(server.ms, server.rpm, streams.most);
}

async function* permissions(baseURL: string): AsyncGenerator<Finding> {
  const host = URL.parse(baseURL)?.host;
  const wanted = [
    [{ name: "net", host } as const, "fail", `--allow-net=${host}`],
    [{ name: "read" } as const, "warn", "--allow-read"],
    [{ name: "write" } as const, "warn", "--allow-write"],
    [{ name: "env", variable: "OPENAI_API_KEY" } as const, "warn", "--allow-env"],
  ] as const;
  const missing: string[] = [];
  let state: Finding["state"] = "ok";
  for (const [descriptor, lacking, flag] of wanted) {
    if ((await Deno.permissions.query(descriptor)).state === "granted") continue;
    missing.push(flag);
    if (state !== "fail") state = lacking;
  }
  yield {
    name: "permissions",
    state,
    says: missing.length === 0 ? "network, files, environment" : `missing: ${missing.join(" ")}`,
  };
}

async function journal(): Promise<Finding> {
  try {
    await using sqlite = sqliteJournal(":memory:");
    await (await sqlite.open("doctor")).close();
    return { name: "journal", state: "ok", says: "SQLite works" };
  } catch (error) {
    return { name: "journal", state: "fail", says: `SQLite does not work: ${reasonOf(error)}` };
  }
}

/** Is there a key? It is never shown. */
function key(baseURL: string): Finding {
  const there = environment("OPENAI_API_KEY") !== undefined;
  const needed = /(^|\.)openai\.com$/.test(URL.parse(baseURL)?.hostname ?? "");
  return {
    name: "key",
    state: there || !needed ? "ok" : "fail",
    says: there
      ? "OPENAI_API_KEY is set"
      : needed
      ? "OPENAI_API_KEY is not set"
      : "none is set; this server may not need one",
  };
}

async function reached(
  baseURL: string,
  timeout: number,
): Promise<{ readonly finding: Finding; readonly ms?: number; readonly rpm?: number }> {
  const name = "server";
  const apiKey = environment("OPENAI_API_KEY");
  const began = performance.now();
  try {
    const response = await fetch(`${baseURL.replace(/\/$/, "")}/models`, {
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(timeout),
    });
    const body = await response.text();
    const ms = performance.now() - began;
    const limit = Number(response.headers.get("x-ratelimit-limit-requests") ?? NaN);
    const rpm = limit > 0 ? limit : undefined;
    if (response.status === 401 || response.status === 403) {
      return {
        finding: { name, state: "fail", says: `${baseURL} refuses the key (${response.status})` },
        ms,
        rpm,
      };
    }
    if (!response.ok) {
      return {
        finding: {
          name,
          state: "warn",
          says: `${baseURL} answers with ${response.status} to GET /models`,
        },
        ms,
        rpm,
      };
    }
    return {
      finding: {
        name,
        state: "ok",
        says: `${baseURL} has ${modelsIn(body)}, ${Math.round(ms)} ms away`,
      },
      ms,
      rpm,
    };
  } catch (error) {
    const why = error instanceof DOMException ? `no answer within ${timeout} ms` : whyOf(error);
    return { finding: { name, state: "fail", says: `${baseURL} cannot be reached: ${why}` } };
  }
}

/** What `fetch` says of why is behind it. */
function whyOf(error: unknown): string {
  if (error instanceof Error && error.cause !== undefined) return whyOf(error.cause);
  const why = reasonOf(error).replace(/^.* client error \(\w+\): /, "");
  return why.includes("UnknownIssuer")
    ? `${why} (DENO_CERT=FILE trusts a certificate, DENO_TLS_CA_STORE=system those of the system)`
    : why;
}

function modelsIn(body: string): string {
  try {
    const { data } = JSON.parse(body);
    return `${integer(data.length)} models`;
  } catch {
    return "no list of models";
  }
}

/** How many requests one connection carries: a server says so when it speaks HTTP/2. */
async function streamLimit(
  baseURL: string,
  timeout: number,
  isThere: boolean,
): Promise<{ readonly finding: Finding; readonly most?: number }> {
  const name = "streams";
  if (!baseURL.startsWith("https:")) {
    return {
      finding: { name, state: "ok", says: "HTTP/1.1: a connection for each request in flight" },
    };
  }
  if (!isThere) {
    const says = "not known, as the server cannot be reached";
    return { finding: { name, state: "warn", says } };
  }
  try {
    const most = await streamLimitOf(new URL(baseURL).origin, timeout);
    const says = most === undefined
      ? "HTTP/2, without a limit that it tells"
      : `HTTP/2, ${integer(most)} requests on a connection; more are opened as they are needed`;
    return { finding: { name, state: "ok", says }, most };
  } catch {
    return {
      finding: { name, state: "ok", says: "no HTTP/2, or it does not tell: HTTP/1.1 will do" },
    };
  }
}

/** An answer of a model takes about so long. */
const USUAL_MS = 2_000;

function expectation(
  ms: number | undefined,
  rpm: number | undefined,
  streams: number | undefined,
): Finding {
  const name = "concurrency";
  if (ms === undefined) {
    return { name, state: "warn", says: "not known, as the server cannot be reached" };
  }
  if (rpm !== undefined) {
    const useful = Math.max(1, Math.ceil(rpm / 60_000 * USUAL_MS));
    return {
      name,
      state: "ok",
      says: `about ${integer(useful)} at a time use up ${
        integer(rpm)
      } requests a minute, with answers of 2 s`,
    };
  }
  const first = streams === undefined ? "" : `; the first ${integer(streams)} share a connection`;
  return {
    name,
    state: "ok",
    says:
      `this process carries 10,000 at a time; --concurrency adaptive discovers what the server accepts${first}`,
  };
}
