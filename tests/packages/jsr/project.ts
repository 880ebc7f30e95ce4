/** Runs commands in projects that know a package only from a registry. */
import process from "node:process";

/** The root of this repository. */
export const ROOT = new URL("../../../", import.meta.url);

/** The end of a command. */
export interface Finished {
  /** The exit code. */
  readonly code: number;
  /** What it has written to the standard output. */
  readonly stdout: string;
  /** What it has written to the standard error. */
  readonly stderr: string;
}

/** Options of {@linkcode runCommand}. */
export interface CommandOptions {
  /** The working directory. */
  readonly cwd: string | URL;
  /** Variables in addition to those of {@linkcode baseEnvironment}. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * The time after which it is ended, in milliseconds.
   *
   * @default {120_000}
   */
  readonly timeLimit?: number;
}

/** What a command needs to find programs, folders and caches, and to reach the registry of npm. */
const KEPT = [
  /^(PATH|HOME|USERPROFILE|SystemRoot|TMPDIR|TEMP|DENO_DIR)$/,
  /^(HTTPS?|ALL|NO)_PROXY$/i,
  /^(DENO_CERT|DENO_TLS_CA_STORE|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR)$/,
  /^NPM_CONFIG_(REGISTRY|CACHE)$/i,
];

/** Returns the variables that every command has, and none that would change what users see. */
function baseEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => KEPT.some((rule) => rule.test(name)));
  return { ...Object.fromEntries(kept) as Record<string, string>, NO_COLOR: "1" };
}

/** Runs a command to its end, without a standard input. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env = {}, timeLimit = 120_000 }: CommandOptions,
): Promise<Finished> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    clearEnv: true,
    env: { ...baseEnvironment(), ...env },
    stdin: "null",
    signal: AbortSignal.timeout(timeLimit),
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Returns the standard output of a command that must succeed. */
export async function outputOf(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, args, options);
  if (code !== 0) {
    throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
  }
  return stdout;
}

/** A project in a folder of its own, with a cache of its own. */
export interface Project extends AsyncDisposable {
  /** The path of the folder. */
  readonly path: string;
  /** Writes a file. */
  write(name: string, text: string): Promise<void>;
  /** Reads a file. */
  read(name: string): Promise<string>;
  /** Returns the standard output of a command that must succeed. */
  run(
    command: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<string>;
  /** Returns the standard output of a `deno` command that must succeed. */
  output(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
}

/**
 * Creates an empty project whose cache has no module. Packages of npm come from the cache of this
 * machine, and if they are missing there, from the network.
 */
export async function createProject(jsrUrl: string): Promise<Project> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "shoal_jsr_" }));
  const path = `${folder}/project`;
  const cache = `${folder}/cache`;
  await Deno.mkdir(path);
  await Deno.mkdir(cache);
  await Deno.symlink(await npmCache(), `${cache}/npm`, { type: "dir" });
  await Deno.writeTextFile(`${path}/deno.json`, "{}\n");
  const base = { JSR_URL: jsrUrl, DENO_DIR: cache };
  return {
    path,
    write: (name, text) => Deno.writeTextFile(`${path}/${name}`, text),
    read: (name) => Deno.readTextFile(`${path}/${name}`),
    run: (command, args, env) => outputOf(command, args, { cwd: path, env: { ...base, ...env } }),
    output: (args, env) => outputOf("deno", args, { cwd: path, env: { ...base, ...env } }),
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
    },
  };
}

let npmFolder: Promise<string> | undefined;

/** Returns the folder in which Deno keeps the packages of npm on this machine. */
export function npmCache(): Promise<string> {
  return npmFolder ??= outputOf("deno", ["info", "--json"], { cwd: ROOT })
    .then((text) => (JSON.parse(text) as { npmCache: string }).npmCache);
}
