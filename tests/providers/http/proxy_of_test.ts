import { ProviderError } from "@shoal/agents";
import { assertEquals, assertThrows } from "@std/assert";
import process from "node:process";
import { proxyOf } from "../../../src/providers/http/send/proxy_of.ts";

const NAMES = ["http_proxy", "https_proxy", "all_proxy"].flatMap((n) => [n, n.toUpperCase()]);

/** Sets these variables only, and restores all on disposal. */
function environment(variables: Readonly<Record<string, string>>): Disposable {
  const before = NAMES.map((name) => [name, process.env[name]] as const);
  for (const name of NAMES) delete process.env[name];
  Object.assign(process.env, variables);
  return {
    [Symbol.dispose]() {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    },
  };
}

Deno.test("proxy: is read from the variable of the protocol, or else ALL_PROXY", () => {
  const cases: [Record<string, string>, string | undefined, string | undefined][] = [
    [{}, undefined, undefined],
    [{ HTTP_PROXY: "http://a:1", HTTPS_PROXY: "https://b:2" }, "http://a:1", "https://b:2"],
    [{ all_proxy: "socks5://c:3", https_proxy: "http://d" }, "socks5://c:3", "http://d"],
    [{ HTTP_PROXY: "127.0.0.1:8080" }, "http://127.0.0.1:8080", undefined],
    [{ HTTP_PROXY: "localhost:8080" }, "http://localhost:8080", undefined],
    [{ ALL_PROXY: "me:secret@proxy" }, "http://me:secret@proxy", "http://me:secret@proxy"],
  ];
  for (const [variables, http, https] of cases) {
    using _ = environment(variables);
    assertEquals([proxyOf("http:"), proxyOf("https:")], [http, https]);
  }
});

Deno.test("proxy: a variable that has no URL of a proxy is reported, without its value", () => {
  for (const value of ["::::", "ftp://me:secret@proxy", "http://", "a b"]) {
    using _ = environment({ HTTPS_PROXY: value });
    const error = assertThrows(() => proxyOf("https:"), ProviderError);
    assertEquals(error.message, "the variable HTTPS_PROXY must be the URL of a proxy");
    assertEquals(error.retryable, false);
  }
});
