import { Command, InvalidArgumentError } from "commander";
import type { OpenRoute } from "../../hono/mod.ts";
import { loadAgents } from "../agents/agent_file.ts";
import { CliError, errorMessage } from "../cli_error.ts";
import { readEnv } from "../environment.ts";
import { EXIT } from "../exit_code.ts";
import { untilInterrupted } from "../interrupt.ts";
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
  readonly open?: readonly OpenRoute[];
}

const OPEN_ROUTES: readonly OpenRoute[] = ["health", "metrics", "openapi"];

const EXAMPLES = `
Examples:
  shoal serve agents.ts
  shoal serve agents.ts --port 8080 --dashboard --open health

SHOAL_TOKENS=token,token sets the tokens of the callers. Without it, only this machine may call,
for development.`;

/** Returns the command `serve`: agents over HTTP, until Ctrl-C. */
export function serveCommand(): Command {
  return new Command("serve")
    .description("serve the agents of a module over HTTP; prints the URL as the first line")
    .argument("<agents>", "agents.ts: a module that exports agents and workflows")
    .option("-p, --port <port>", "port; 0 picks a free one", parsePort, 8_000)
    .option("--host <name>", "host name to listen on", "127.0.0.1")
    .option("--dashboard", "also serve a dashboard at /dashboard", false)
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
  file: string,
  { host, port, grace, dashboard, open }: ServeSettings,
): Promise<number> {
  const agents = [...new Set((await loadAgents(file)).values())];
  const tokens = parseNames(readEnv("SHOAL_TOKENS") ?? "");
  const { agentRoutes } = await import("../../hono/mod.ts");
  const origin = `http://${host.includes(":") ? `[${host}]` : host}`;
  let app, server;
  try {
    app = agentRoutes({
      agents,
      dashboard,
      ...(open !== undefined && { open }),
      ...(tokens.length > 0 && { auth: { tokens } }),
    });
  } catch (cause) {
    const reason = nameFlags(errorMessage(cause), { "auth.tokens": "SHOAL_TOKENS" });
    throw new CliError(`Cannot serve ${file}: ${reason}`, { cause });
  }
  try {
    server = await startServer(app.fetch as AnswerRequest, { hostname: host, port });
  } catch (cause) {
    const reason = errorMessage(cause);
    throw new CliError(
      `Cannot serve ${file} at ${origin}:${port}: ${reason}; --host and --port set another address`,
      { cause },
    );
  }
  // The signal may arrive as soon as the URL is read.
  const interrupted = untilInterrupted();
  await printLine(`${origin}:${server.port}`);
  writeStderr(`${agents.map(({ name }) => `POST /${name}`).join(", ")}; Ctrl-C stops the server\n`);
  writeStderr(
    tokens.length > 0
      ? `Callers need one of the ${tokens.length} tokens in SHOAL_TOKENS\n`
      : "Only this machine may call, as SHOAL_TOKENS is not set\n",
  );
  await interrupted;
  await app.shutdown({ grace });
  await server.close();
  return EXIT.ok;
}

function parseOpenRoutes(text: string): readonly OpenRoute[] {
  const routes = parseNames(text) as readonly OpenRoute[];
  if (routes.every((route) => OPEN_ROUTES.includes(route))) return routes;
  throw new InvalidArgumentError(`It must be one or more of ${OPEN_ROUTES.join(",")}.`);
}
