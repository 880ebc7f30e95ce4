import { assertEquals, assertMatch } from "@std/assert";
import { filesIn, ROOT } from "./module_graph.ts";

interface Imported {
  readonly imported?: string;
  readonly error?: string;
}

/** Imports a module in a fresh isolate, before any other. Returns the error, if there is one. */
async function importAlone(path: string): Promise<string | undefined> {
  const url = new URL(path, ROOT).href;
  const worker = new Worker(new URL("./import_worker.ts", import.meta.url), { type: "module" });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  worker.onmessage = ({ data }: MessageEvent<Imported>) => {
    // The entry module of a pool's workers posts a message when it is ready.
    if (data.imported === url) resolve(data.error);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    resolve(event.message);
  };
  worker.postMessage(url);
  try {
    return await promise;
  } finally {
    worker.terminate();
  }
}

Deno.test("every module of src can be imported first and alone, without IO", async () => {
  const failed: string[] = [];
  const paths = filesIn("src").values();
  const lane = async (): Promise<void> => {
    for (const path of paths) {
      const error = await importAlone(path);
      if (error !== undefined) failed.push(`${path}: ${error}`);
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  assertEquals(failed, []);
});

Deno.test("finds a module that needs an earlier import of another one", async () => {
  const error = await importAlone("tests/architecture/circle/b.ts");
  assertMatch(error ?? "", /ReferenceError: Cannot access 'B' before initialization/);
  assertEquals(await importAlone("tests/architecture/circle/a.ts"), undefined);
});

Deno.test("finds a module that does IO while it is loaded", async () => {
  const errors = ["timer", "signal", "random"].map((name) =>
    importAlone(`tests/architecture/io/${name}.ts`)
  );
  assertEquals(await Promise.all(errors), [
    "Error: setTimeout is not allowed while modules are loaded",
    "Error: AbortController is not allowed while modules are loaded",
    "Error: crypto.getRandomValues is not allowed while modules are loaded",
  ]);
});

Deno.test("agents, providers and routes can be created without IO", async () => {
  assertEquals(await importAlone("tests/packages/workerd/worker.ts"), undefined);
});
