import process from "node:process";
import { isatty } from "node:tty";
import { ProviderError } from "../../model/errors.ts";
import { boundedFetch } from "../../providers/http/bounds/bounded_fetch.ts";
import { publicURL } from "../../providers/openai/provider_identity.ts";
import { splitCredentials } from "../../providers/openai/server_options.ts";
import { errorMessage, hasCode } from "../cli_error.ts";
import { readBaseUrl, readEnv } from "../environment.ts";
import { EXIT } from "../exit_code.ts";
import { showInteger } from "../format.ts";
import { colourText, plainText } from "../paint.ts";
import { type CliRuntime, runtimeName, runtimeOf, runtimeVersion } from "../runtime.ts";
import { printLine } from "../write_stdout.ts";
import { missingPermissions } from "./deno_permissions.ts";
import { fetchStreamLimit } from "./stream_limit.ts";

/** The outcome of one check. */
export interface Finding {
  /** What was checked. */
  readonly name: string;
  /** Fine, not ideal, or a reason why no run can work. */
  readonly state: "ok" | "warn" | "fail";
  /** What was found, for the user. */
  readonly message: string;
}

/** Options of {@linkcode doctor}. */
export interface DoctorOptions {
  /**
   * The URL of the server.
   *
   * @default OPENAI_BASE_URL, or OpenAI
   */
  readonly baseUrl?: string;
  /** The maximum time of each check, in milliseconds. */
  readonly timeout: number;
  /**
   * Whether to print a report as JSON.
   *
   * @default {false}
   */
  readonly json?: boolean;
}

/** What `shoal doctor --json` prints, as one line. */
export interface DoctorReport {
  /** The worst state of all findings. With `fail`, the exit code is 3. */
  readonly state: Finding["state"];
  /** The findings, in the order of the checks. */
  readonly findings: readonly Finding[];
}

const STDOUT = 1;
const OPENAI_URL = "https://api.openai.com/v1";

/** Checks what runs need, prints the findings, and returns the exit code. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const paint = isatty(STDOUT) && !readEnv("NO_COLOR") ? colourText : plainText;
  let worst: Finding["state"] = "ok";
  const findings: Finding[] = [];
  for await (const finding of diagnose(options)) {
    const { name, state, message } = finding;
    if (state === "fail" || (state === "warn" && worst === "ok")) worst = state;
    findings.push(finding);
    if (options.json) continue;
    const colour = state === "ok" ? "green" : state === "warn" ? "yellow" : "red";
    await printLine(`${paint(colour, state.padEnd(4))}  ${name.padEnd(12)}  ${message}`);
  }
  const report: DoctorReport = { state: worst, findings };
  if (options.json) await printLine(JSON.stringify(report));
  return worst === "fail" ? EXIT.broken : EXIT.ok;
}

/** Yields the findings, one check after another. */
export async function* diagnose(options: DoctorOptions): AsyncGenerator<Finding> {
  const { arch, platform } = process;
  const processors = `${navigator.hardwareConcurrency} processors`;
  yield {
    name: "runtime",
    state: "ok",
    message: `${runtimeName()} ${runtimeVersion()} on ${platform} ${arch}, ${processors}`,
  };
  const baseUrl = options.baseUrl ?? readBaseUrl() ?? OPENAI_URL;
  const permissions = await checkPermissions(baseUrl);
  if (permissions !== undefined) yield permissions;
  yield await checkJournal();
  yield checkKey(baseUrl);
  const server = await checkServer(baseUrl, options.timeout);
  yield server.finding;
  const streams = server.ms === undefined && baseUrl.startsWith("https:")
    ? { finding: unreachable("streams") }
    : await checkStreams(baseUrl, options.timeout);
  yield streams.finding;
  yield recommendConcurrency(server, streams.limit);
}

/** Returns `undefined` in runtimes without permissions. */
async function checkPermissions(baseUrl: string): Promise<Finding | undefined> {
  const name = "permissions";
  const missing = await missingPermissions(baseUrl);
  if (missing === undefined) return undefined;
  const { flags, isFatal } = missing;
  if (flags.length === 0) return { name, state: "ok", message: "network, files, environment" };
  return { name, state: isFatal ? "fail" : "warn", message: `missing: ${flags.join(" ")}` };
}

async function checkJournal(): Promise<Finding> {
  const name = "journal";
  try {
    const { sqliteJournal } = await import("../../journal/mod.ts");
    await using sqlite = sqliteJournal(":memory:");
    await (await sqlite.open("doctor")).close();
    return { name, state: "ok", message: "SQLite works" };
  } catch (error) {
    return { name, state: "fail", message: `SQLite does not work: ${errorMessage(error)}` };
  }
}

/** Checks that a key is set, without showing it. */
function checkKey(baseUrl: string): Finding {
  const name = "key";
  if (readEnv("OPENAI_API_KEY") !== undefined) {
    return { name, state: "ok", message: "OPENAI_API_KEY is set" };
  }
  return /(^|\.)openai\.com$/.test(URL.parse(baseUrl)?.hostname ?? "")
    ? { name, state: "fail", message: "OPENAI_API_KEY is not set" }
    : { name, state: "ok", message: "OPENAI_API_KEY is not set; this server may not need one" };
}

interface ServerCheck {
  readonly finding: Finding;
  /** The response time in milliseconds; absent if the server could not be reached. */
  readonly ms?: number;
  /** The limit of requests per minute, if the server reports one. */
  readonly requestsPerMinute?: number;
}

/** The maximum size of a list of models, in bytes. The longest lists have less than 1 MB. */
const MAX_MODELS_BYTES = 16_777_216;

async function checkServer(baseUrl: string, timeout: number): Promise<ServerCheck> {
  const name = "server";
  const server = publicURL(baseUrl);
  const began = performance.now();
  try {
    const { url, headers } = modelsRequest(baseUrl);
    const response = await boundedFetch({ maxAnswerBytes: MAX_MODELS_BYTES })(url, {
      headers,
      signal: AbortSignal.timeout(timeout),
    });
    const body = await response.text();
    const ms = performance.now() - began;
    const limit = Number(response.headers.get("x-ratelimit-limit-requests") ?? NaN);
    const requestsPerMinute = limit > 0 ? limit : undefined;
    const { status } = response;
    const finding: Finding = status === 401 || status === 403
      ? { name, state: "fail", message: `${server} rejects the OPENAI_API_KEY (${status})` }
      : !response.ok
      ? { name, state: "warn", message: `${server} answers GET /models with status ${status}` }
      : {
        name,
        state: "ok",
        message: `${server} lists ${countModels(body)}, responded in ${Math.round(ms)} ms`,
      };
    return { finding, ms, requestsPerMinute };
  } catch (error) {
    if (error instanceof ProviderError) {
      return { finding: { name, state: "fail", message: `${server}: ${error.message}` } };
    }
    const reason = error instanceof DOMException
      ? `no answer within ${timeout} ms`
      : describeFetchError(error);
    return { finding: { name, state: "fail", message: `${server} is unreachable: ${reason}` } };
  }
}

/** Returns the request that lists the models, which has the same credentials as calls. */
function modelsRequest(
  baseUrl: string,
): { readonly url: string; readonly headers: Readonly<Record<string, string>> } {
  const { baseURL, basic } = splitCredentials(new URL(baseUrl));
  const apiKey = readEnv("OPENAI_API_KEY");
  const url = new URL(baseURL);
  url.pathname = url.pathname.replace(/\/+$/, "") + "/models";
  const authorization = apiKey === undefined ? basic : `Bearer ${apiKey}`;
  return { url: url.href, headers: authorization === undefined ? {} : { authorization } };
}

/** Returns the message of the innermost cause: the outer ones of `fetch` do not name the reason. */
function describeFetchError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    // One error for each address of the host.
    return describeFetchError(error.errors[0]);
  }
  if (error instanceof Error && error.cause !== undefined) return describeFetchError(error.cause);
  const reason = errorMessage(error).replace(/^.* client error \(\w+\): /, "")
    .replace(/^connect ECONNREFUSED /, "connection refused by ");
  return hasCode(error, ...UNKNOWN_ISSUER) || reason.includes("UnknownIssuer")
    ? `${reason} (${TRUST_HINTS[runtimeOf()]})`
    : reason;
}

/** The codes of Node and Bun for a certificate that no known authority has signed. */
const UNKNOWN_ISSUER = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];

const TRUST_HINTS: Readonly<Record<CliRuntime, string>> = {
  deno: "DENO_CERT=FILE trusts a certificate, DENO_TLS_CA_STORE=system the system's",
  node: "NODE_EXTRA_CA_CERTS=FILE trusts a certificate",
  bun: "NODE_EXTRA_CA_CERTS=FILE trusts a certificate",
};

function countModels(body: string): string {
  try {
    const { data } = JSON.parse(body);
    return `${showInteger(data.length)} models`;
  } catch {
    return "no models";
  }
}

/** Checks how many requests one connection carries: servers say so over HTTP/2. */
async function checkStreams(
  baseUrl: string,
  timeout: number,
): Promise<{ readonly finding: Finding; readonly limit?: number }> {
  const name = "streams";
  if (!baseUrl.startsWith("https:")) {
    return { finding: { name, state: "ok", message: "HTTP/1.1: one connection per request" } };
  }
  try {
    const limit = await fetchStreamLimit(new URL(baseUrl).origin, timeout);
    const message = limit === undefined
      ? "HTTP/2, without a limit of requests per connection"
      : `HTTP/2, ${showInteger(limit)} requests per connection; more are opened on demand`;
    return { finding: { name, state: "ok", message }, limit };
  } catch {
    const message = "no HTTP/2: HTTP/1.1 is used, with one connection per request";
    return { finding: { name, state: "ok", message } };
  }
}

/** The assumed duration of a call, in milliseconds. */
const TYPICAL_CALL_MS = 2_000;

function recommendConcurrency(
  { ms, requestsPerMinute }: ServerCheck,
  streamLimit: number | undefined,
): Finding {
  const name = "concurrency";
  if (ms === undefined) return unreachable(name);
  if (requestsPerMinute !== undefined) {
    const useful = Math.max(1, Math.ceil(requestsPerMinute / 60_000 * TYPICAL_CALL_MS));
    const limit = `${showInteger(requestsPerMinute)} requests per minute`;
    return {
      name,
      state: "ok",
      message: `--concurrency ${useful} reaches the limit of ${limit}, with calls of 2 s`,
    };
  }
  const shared = streamLimit === undefined
    ? ""
    : `; the first ${showInteger(streamLimit)} share a connection`;
  return {
    name,
    state: "ok",
    message: "this process can run 10,000 calls at once; " +
      `--concurrency adaptive discovers how many the server accepts${shared}`,
  };
}

function unreachable(name: string): Finding {
  return { name, state: "warn", message: "unknown, as the server is unreachable" };
}
