import { Command, InvalidArgumentError } from "commander";
import type { Callable } from "../../call/options/callable.ts";
import type { FailedRequest, OpenRoute } from "../../hono/mod.ts";
import { thrownByOwnCode } from "../../model/own_code.ts";
import { AgentError } from "../../model/result.ts";
import { loadAgent, loadAgents } from "../agents/agent_file.ts";
import { splitReference } from "../agents/agent_reference.ts";
import { CliError, errorMessage } from "../cli_error.ts";
import { readEnv } from "../environment.ts";
import { EXIT } from "../exit_code.ts";
import { untilInterrupted } from "../interrupt.ts";
import { codePlace } from "../messages/code_place.ts";
import { errorText } from "../messages/describe_error.ts";
import { nameFlags } from "../option_flags.ts";
import { parseDurationOrZero, parseNames, parsePort } from "../parse_value.ts";
import { writeStderr } from "../write_stderr.ts";
import { printLine } from "../write_stdout.ts";
import { type AnswerRequest, startServer } from "./start_server.ts";

/** The options of `shoal serve`. */
interface ServeSettings {
  readonly host: string;
  readonly port: number;
  readonly grace: number;
  readonly dashboard: boolean;
  readonly oneTimeToken: boolean;
  readonly open?: readonly OpenRoute[];
}

const FLAGS = { "auth.tokens": "SHOAL_TOKENS", dashboard: "--dashboard", open: "--open" };

const OPEN_ROUTES: readonly OpenRoute[] = ["health", "metrics", "openapi"];

const EXAMPLES = `
Examples:
  shoal serve agents.ts --one-time-token --dashboard
  SHOAL_TOKENS=token,token shoal serve agents.ts --port 8080 --open health

SHOAL_TOKENS sets the tokens of the callers. For development, --one-time-token creates one and
prints it to stderr. Without either, no caller would have access, so
nothing is served.`;

/** Returns the command `serve`: agents over HTTP, until Ctrl-C. */
export function serveCommand(): Command {
  return new Command("serve")
    .description("serve agents and workflows over HTTP; prints the URL as the first line")
    .argument("<agents...>", "agents.ts: all that a module exports; agents.ts#Name: one of them")
    .option("-p, --port <port>", "port; 0 picks a free one", parsePort, 8_000)
    .option("--host <name>", "host name to listen on", "127.0.0.1")
    .option("--dashboard", "also serve a dashboard at /dashboard", false)
    .option(
      "--one-time-token",
      "without SHOAL_TOKENS: create a token for this start, and print it",
      false,
    )
    .option(
      "--open <routes>",
      "routes that need no token: health, metrics, openapi",
      parseOpenRoutes,
    )
    .option(
      "--grace <time>",
      "how long calls in flight may take after Ctrl-C",
      parseDurationOrZero,
      3_500,
    )
    .addHelpText("after", EXAMPLES);
}

/** Serves until the first Ctrl-C, and returns the exit code. */
export async function serve(
  references: readonly string[],
  { host, port, grace, dashboard, open, oneTimeToken }: ServeSettings,
): Promise<number> {
  const what = references.join(" ");
  const agents = await loadServed(references);
  const tokens = readTokens();
  if (tokens.length > 0 && oneTimeToken) {
    throw new CliError(
      `Cannot serve ${what} with --one-time-token as SHOAL_TOKENS is set: leave out one of them`,
    );
  }
  const { agentRoutes } = await import("../../hono/mod.ts");
  const origin = `http://${host.includes(":") ? `[${host}]` : host}`;
  let app, server;
  try {
    app = agentRoutes({
      agents,
      dashboard,
      ...(open !== undefined && { open }),
      ...(oneTimeToken ? { auth: "one-time-token" } : tokens.length > 0 && { auth: { tokens } }),
      onError: createErrorLog({ showsMessages: oneTimeToken }),
    });
  } catch (cause) {
    throw new CliError(`Cannot serve ${what}: ${nameFlags(errorMessage(cause), FLAGS)}`, { cause });
  }
  if (tokens.length === 0 && !oneTimeToken) throw noAccess(what);
  try {
    server = await startServer(app.fetch as AnswerRequest, { hostname: host, port });
  } catch (cause) {
    const reason = errorMessage(cause);
    throw new CliError(
      `Cannot serve ${what} at ${origin}:${port}: ${reason}; --host and --port set another address`,
      { cause },
    );
  }
  // The signal may arrive as soon as the URL is read.
  const interrupted = untilInterrupted();
  await printLine(`${origin}:${server.port}`);
  writeStderr(`${agents.map(({ name }) => `POST /${name}`).join(", ")}; Ctrl-C stops the server\n`);
  writeStderr(
    oneTimeToken
      ? "Callers need the one-time token: Authorization: Bearer TOKEN\n"
      : `Callers need one of the ${tokens.length} tokens in SHOAL_TOKENS\n`,
  );
  if (dashboard) {
    const query = oneTimeToken ? `?token=${app.oneTimeToken}` : "";
    writeStderr(`Dashboard: ${origin}:${server.port}/dashboard${query}\n`);
  }
  await interrupted;
  await app.shutdown({ grace });
  await server.close();
  return EXIT.ok;
}

/**
 * Creates the error for a service without tokens. No caller has access to it, not even on this
 * machine: requests of a proxy on it, or of a page in its browser, look like those of its user.
 */
function noAccess(what: string): CliError {
  return new CliError(
    `Cannot serve ${what} as no caller has access: set SHOAL_TOKENS=token,token, or pass ` +
      "--one-time-token, which creates a token for this start and prints it",
  );
}

/** Returns the agents of all references, each once. */
async function loadServed(references: readonly string[]): Promise<readonly Callable[]> {
  const agents = new Set<Callable>();
  for (const reference of references) {
    const { file, name } = splitReference(reference);
    const found = name === undefined
      ? (await loadAgents(file)).values()
      : [await loadAgent(reference)];
    for (const agent of found) agents.add(agent);
  }
  return [...agents];
}

/**
 * Returns the tokens of the callers.
 *
 * @throws {CliError} If the variable is set, but has none: then everyone would be locked out.
 */
function readTokens(): readonly string[] {
  const text = readEnv("SHOAL_TOKENS");
  const tokens = parseNames(text ?? "");
  if (text === undefined || tokens.length > 0) return tokens;
  throw new CliError(
    "Cannot serve as SHOAL_TOKENS has no token: set it to token,token, or unset it",
  );
}

/**
 * Returns a function that prints what the code of an agent threw, and where. Messages may hold what
 * callers have sent, so that they are shown in development only.
 */
function createErrorLog(
  { showsMessages }: { readonly showsMessages: boolean },
): (error: unknown, request: FailedRequest) => void {
  return (error, { id, method, path }) => {
    const own = error instanceof AgentError ? thrownByOwnCode(error) : undefined;
    const thrown = own === undefined ? error : own.thrown;
    const kind = thrown instanceof Error ? thrown.name : typeof thrown;
    const text = !showsMessages
      ? `${kind}${codePlace(thrown)}`
      : error instanceof AgentError
      ? errorText(error)
      : `${kind}: ${errorMessage(error)}${codePlace(error)}`;
    writeStderr(`${method} ${path} (${id}): ${text}\n`);
  };
}

function parseOpenRoutes(text: string): readonly OpenRoute[] {
  const routes = parseNames(text) as readonly OpenRoute[];
  if (routes.every((route) => OPEN_ROUTES.includes(route))) return routes;
  throw new InvalidArgumentError(`It must be one or more of ${OPEN_ROUTES.join(",")}.`);
}
