/** Starts a Postgres server of this machine, in a temporary folder, for one test. */
import { chmod, chown, readdir, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import process from "node:process";
import { spawn } from "../spawn.ts";
import { makeTempFolder } from "../temp_folder.ts";

/** A running server. Disposal stops it and removes its data. */
export interface PostgresServer extends AsyncDisposable {
  /** The URL of its database. */
  readonly url: string;
}

/** The maximum time of a program, in milliseconds. */
const TIMEOUT_MS = 60_000;
const POSTGRES_PROGRAMS = ["initdb", "pg_ctl", "psql"] as const;

/** Returns the folder with the programs of the newest Postgres here, if there is one. */
export async function findPostgres(): Promise<string | undefined> {
  const debian = "/usr/lib/postgresql";
  const versions = await readdir(debian).catch(() => []);
  const folders = [
    ...versions.sort((a, b) => Number(b) - Number(a)).map((version) => `${debian}/${version}/bin`),
    ...(process.env.PATH ?? "").split(delimiter),
  ];
  for (const folder of folders) {
    const found = POSTGRES_PROGRAMS.map((program) => stat(join(folder, program)));
    if ((await Promise.allSettled(found)).every(({ status }) => status === "fulfilled")) {
      return folder;
    }
  }
  return undefined;
}

/** Starts a server on a free port of the loopback, without a password. */
export async function startPostgres(programs: string): Promise<PostgresServer> {
  const dir = await makeTempFolder("shoal-postgres-");
  const data = join(dir, "data");
  // Postgres does not run as root.
  const asUser = process.getuid?.() === 0
    ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
    : [];
  await chmod(dir, 0o755);
  if (asUser.length > 0) {
    const [uid, gid] = await Promise.all([idOf("-u"), idOf("-g")]);
    await chown(dir, uid, gid);
  }
  const run = async (...command: readonly string[]) => {
    const [name, ...args] = [...asUser, ...command];
    await using child = spawn(name!, { args, cwd: dir });
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    const { success, stderr, stdout } = await child.output().finally(() => clearTimeout(timer));
    if (success) return;
    const decoder = new TextDecoder();
    throw new Error(`${command[0]} failed: ${decoder.decode(stdout)}${decoder.decode(stderr)}`);
  };
  const port = await freePort();
  const stop = async () => {
    await run(join(programs, "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
      .catch(() => {});
    await rm(dir, { recursive: true });
  };
  try {
    const initdb = join(programs, "initdb");
    await run(initdb, "-D", data, "-U", "shoal", "-A", "trust", "-E", "UTF8", "--no-sync");
    const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c fsync=off -k ${dir}`;
    const log = join(dir, "log");
    await run(join(programs, "pg_ctl"), "-D", data, "-l", log, "-o", settings, "-w", "start");
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `postgres://shoal@127.0.0.1:${port}/postgres`, [Symbol.asyncDispose]: stop };
}

async function idOf(flag: "-u" | "-g"): Promise<number> {
  const { stdout } = await spawn("id", { args: [flag, "postgres"] }).output();
  return Number(new TextDecoder().decode(stdout));
}

/** Returns a port at which nothing listens now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => resolve(port));
    });
  });
}
