import { fileURLToPath } from "node:url";
import type { Runtime } from "./find_runtime.ts";
import type { TestEvent } from "./harness.ts";

/** The time limit for the tests of a file, in milliseconds. */
const MAX_TIME = 180_000;

/** The outcome of the tests of a file. */
export interface FileResult {
  readonly file: string;
  readonly passed: number;
  readonly ignored: readonly string[];
  readonly failed: readonly { readonly name: string; readonly error: string }[];
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/**
 * Runs the tests of a file in a process of its own.
 *
 * @param tree The folder of the sources and tests.
 * @param file The path of the file in it.
 * @param cache The folder for files of the runner.
 */
export async function runFile(
  runtime: Runtime,
  tree: URL,
  file: string,
  cache: URL = tree,
): Promise<FileResult> {
  const startedAt = performance.now();
  const events = new URL(`${file.replaceAll("/", ".")}.events`, cache);
  await Deno.writeTextFile(events, "");
  const flags = runtime.name === "node"
    ? ["--enable-source-maps", "--expose-gc", "--disable-warning=ExperimentalWarning"]
    : ["--expose-gc"];
  const process = new Deno.Command(runtime.path, {
    args: [
      ...flags,
      fileURLToPath(new URL("tools/runtimes/harness.ts", tree)),
      fileURLToPath(new URL(file, tree)),
    ],
    cwd: tree,
    env: {
      NO_COLOR: "1",
      NODE_COMPILE_CACHE: fileURLToPath(new URL("compiled", cache)),
      SHOAL_TEST_EVENTS: fileURLToPath(events),
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    process.kill("SIGKILL");
  }, MAX_TIME);
  const { code, stdout, stderr } = await process.output();
  clearTimeout(timer);
  const result = read(await Deno.readTextFile(events));
  if (isLate) {
    const error = `It did not end within ${MAX_TIME} ms.`;
    result.failed.push({ name: result.running ?? "(the file)", error });
  } else if (result.failed.length === 0 && (code !== 0 || !result.isDone)) {
    const decoder = new TextDecoder();
    const error = `The process exited with ${code}.\n${decoder.decode(stdout)}${
      decoder.decode(stderr)
    }`;
    result.failed.push({ name: result.running ?? "(the file)", error });
  }
  const { passed, ignored, failed } = result;
  return { file, passed, ignored, failed, ms: Math.round(performance.now() - startedAt) };
}

function read(text: string) {
  let passed = 0;
  let running: string | undefined;
  let isDone = false;
  const ignored: string[] = [];
  const failed: { name: string; error: string }[] = [];
  for (const line of text.split("\n").filter(Boolean)) {
    const event: TestEvent = JSON.parse(line);
    if (event.type === "started") running = event.name;
    else if (event.type === "passed") passed++;
    else if (event.type === "ignored") ignored.push(event.name);
    else if (event.type === "failed") failed.push(event);
    else if (event.type === "done") isDone = true;
    if (event.type !== "started") running = undefined;
  }
  return { passed, ignored, failed, running, isDone };
}
