/** Runs the commands of a recipe in a folder that has its files, as a reader would. */
import { type Simulator, simulator, type SimulatorOptions } from "@shoal/agents/testing";
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { spawn } from "../spawn.ts";
import { makeTempFolder } from "../temp_folder.ts";
import { codeBlocksOf, readDocument, ROOT } from "./guide.ts";

/** How a command ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A folder with the files of a recipe, and a model server for its commands. */
export interface Recipe extends AsyncDisposable {
  readonly server: Simulator;
  /** The blocks of `sh` that are not marked with `ignore`, in order. */
  readonly commands: readonly string[];
  /** Runs commands of a shell, which ends at the first failure. */
  sh(commands: string): Promise<CommandEnd>;
  /** Returns the text of a file. */
  read(name: string): Promise<string>;
  /** Writes a file. */
  write(name: string, text: string): Promise<void>;
}

/** The maximum time of a command, in milliseconds. */
const TIMEOUT_MS = 120_000;

/** Options of {@linkcode openRecipe}. */
export interface RecipeOptions {
  /** Variables of the commands. */
  readonly env?: Readonly<Record<string, string>>;
  /** Texts of the recipe that stand for others, with their replacements. */
  readonly replace?: (url: string) => Readonly<Record<string, string>>;
  /** Options of the model server. */
  readonly simulate?: SimulatorOptions;
}

/** Creates a temporary folder with the files that a recipe shows. */
export async function openRecipe(
  path: string,
  { env = {}, replace = () => ({}), simulate }: RecipeOptions = {},
): Promise<Recipe> {
  const dir = await makeTempFolder("shoal-recipe-");
  const server = simulator(simulate);
  const bin = join(dir, ".bin");
  await mkdir(bin);
  // `deno` finds the package in this repository, where readers have installed it.
  const config = join(bin, "deno.json");
  await writeFile(config, await readerConfig());
  await copyFile(join(ROOT, "dev.lock"), join(bin, "deno.lock"));
  const deno = `exec '${process.execPath}' run --config '${config}'`;
  await writeScript(join(bin, "deno"), `shift\n${deno} --check "$@"`);
  await writeScript(join(bin, "shoal"), `${deno} -A -q '${join(ROOT, "src/cli/main.ts")}' "$@"`);
  const commands: string[] = [];
  for (const { info, file, code } of codeBlocksOf(readDocument(path))) {
    if (file !== undefined && info !== "text") {
      await writeFile(join(dir, file), code);
      if (code.startsWith("#!")) await chmod(join(dir, file), 0o755);
    } else if (info === "sh") {
      const texts = Object.entries(replace(server.url));
      commands.push(texts.reduce((all, [from, to]) => all.replaceAll(from, to), code));
    }
  }
  return {
    server,
    commands,
    async sh(commands) {
      await using shell = spawn("sh", {
        args: ["-euc", commands],
        cwd: dir,
        env: {
          OPENAI_BASE_URL: server.url,
          OPENAI_API_KEY: "none",
          NO_COLOR: "1",
          ...env,
          PATH: `${bin}${delimiter}${process.env.PATH}`,
        },
      });
      const timer = setTimeout(() => shell.kill("SIGKILL"), TIMEOUT_MS);
      try {
        const { code, stdout, stderr } = await shell.output();
        const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
        return { code, out: text(stdout), err: text(stderr) };
      } finally {
        clearTimeout(timer);
      }
    },
    read: (name) => readFile(join(dir, name), "utf8"),
    write: (name, text) => writeFile(join(dir, name), text),
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** Returns a `deno.json` with all packages of this repository, for files outside of it. */
async function readerConfig(): Promise<string> {
  const { imports, scopes, links } = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
  const packages = Object.entries<string>({ ...imports, ...scopes["./"] }).map(([name, target]) =>
    [name, target.startsWith("./") ? pathToFileURL(join(ROOT, target)).href : target] as const
  );
  const paths = links.map((path: string) => join(ROOT, path));
  return JSON.stringify({ imports: Object.fromEntries(packages), links: paths });
}

async function writeScript(path: string, commands: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${commands}\n`);
  await chmod(path, 0o755);
}
