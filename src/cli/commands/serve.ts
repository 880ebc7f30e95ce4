import { Command } from "commander";
import { agentRoutes, type OpenRoute } from "../../hono/mod.ts";
import { loadAgents } from "../run/agent_file.ts";
import { writeStderr } from "../run/display.ts";
import { readEnv } from "../environment.ts";
import { CliError, errorMessage, EXIT } from "../exit_code.ts";
import { untilInterrupted } from "../until_signal.ts";
import * as value from "../parse_value.ts";

/** What the server is told. */
interface ServeSettings {
  readonly host: string;
  readonly port: number;
  readonly grace: number;
  readonly dashboard: boolean;
  readonly open?: readonly string[];
}

/** The command `serve`: agents over HTTP, until Ctrl-C. */
export function serveCommand(): Command {
  return new Command("serve")
    .description("serves the agents of a module over HTTP; the first line of stdout is its URL")
    .argument("<agents>", "agents.ts: a module that exports agents and workflows")
    .option("-p, --port <port>", "0 takes a free one", value.parsePort, 8_000)
    .option("--host <name>", "where to listen", "127.0.0.1")
    .option("--dashboard", "also a page that shows what happens: /dashboard", false)
    .option("--open <routes>", "to anybody, of health, metrics and openapi", value.parseNames)
    .option("--grace <time>", "for calls in flight after Ctrl-C", value.parseDurationOrZero, 3_500)
    .addHelpText(
      "after",
      "\nWho may call: SHOAL_TOKENS=token,token; without it only this machine, for development.",
    );
}

/** Serves, and resolves when it was ended. */
export async function serve(
  file: string,
  { host, port, grace, dashboard, open }: ServeSettings,
): Promise<number> {
  const agents = [...new Set((await loadAgents(file)).values())];
  const tokens = value.parseNames(readEnv("SHOAL_TOKENS") ?? "");
  let app, server;
  try {
    app = agentRoutes({
      agents,
      dashboard,
      ...(open !== undefined && { open: open as readonly OpenRoute[] }),
      ...(tokens.length > 0 && { auth: { tokens } }),
    });
    server = Deno.serve({ hostname: host, port, onListen: () => {} }, app.fetch);
  } catch (cause) {
    throw new CliError(`Cannot serve ${file}: ${errorMessage(cause)}`, EXIT.usage, { cause });
  }
  console.log(`http://${host.includes(":") ? `[${host}]` : host}:${server.addr.port}`);
  writeStderr(`${agents.map(({ name }) => `POST /${name}`).join(", ")}; Ctrl-C ends it\n`);
  writeStderr(
    tokens.length > 0
      ? `Who has one of the ${tokens.length} tokens of SHOAL_TOKENS may call\n`
      : "Only this machine may call, as SHOAL_TOKENS is not set\n",
  );
  await untilInterrupted();
  await app.shutdown({ grace });
  await server.shutdown();
  return EXIT.ok;
}
