import { assertEquals, assertThrows } from "@std/assert";
import { workerModuleUrl } from "../../src/workers/worker_module_url.ts";

const url = (module: unknown) => workerModuleUrl("make a pool of workers", "module", module);

Deno.test("a module is a URL or an absolute path, also of Windows", () => {
  assertEquals(url(new URL("file:///a/agents.ts")), "file:///a/agents.ts");
  assertEquals(url("file:///a/agents.ts?x=1"), "file:///a/agents.ts?x=1");
  assertEquals(url("/a b/agents#1.ts"), "file:///a%20b/agents%231.ts");
  assertEquals(url("c:\\my agents\\agents.ts"), "file:///c:/my%20agents/agents.ts");
  assertEquals(url("C:/agents.ts"), "file:///C:/agents.ts");
  assertEquals(url("\\\\server\\share\\agents.ts"), "file://server/share/agents.ts");
  assertEquals(url("data:text/javascript,export{}"), "data:text/javascript,export{}");
});

Deno.test("other modules are rejected, with what to write", () => {
  for (const module of ["./agents.ts", "agents.ts", "agents", "..\\agents.ts", "", 7, null, {}]) {
    assertThrows(
      () => url(module),
      TypeError,
      "Cannot make a pool of workers as module must be a URL, as from " +
        'import.meta.resolve("./agents.ts"), or an absolute path: current value is ',
    );
  }
});
