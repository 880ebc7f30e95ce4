/** Tests the dashboard in a real browser, mounted below a path, by mouse and by keyboard. */
import { defineAgent } from "@shoal/agents";
import { type AgentRoutes, agentRoutes } from "@shoal/agents/hono";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Hono } from "hono";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { z } from "zod";
import { echo, requestInit, serve, TOKEN } from "../helpers.ts";
import { launch, noBrowser } from "./browser.ts";
import { failing, withDashboard } from "./helpers.ts";

const EVIL =
  `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`;

interface Setup {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly url: string;
  readonly routes: AgentRoutes;
  /** Errors in the console, except failed requests that the test expects. */
  readonly consoleErrors: readonly string[];
}

let browser: Browser | undefined;

/**
 * Adds a test in a browser. The browser's resources do not count as leaks: they are the library's.
 */
function inBrowser(
  name: string,
  fn: (setup: Setup) => Promise<void>,
  { signedIn = true, ...options }: BrowserContextOptions & { signedIn?: boolean } = {},
): void {
  const ignore = noBrowser;
  Deno.test({ name, ignore, sanitizeOps: false, sanitizeResources: false }, async () => {
    browser ??= await launch();
    const routes = withDashboard([
      echo("echo", 5).agent,
      failing(),
      defineAgent({
        name: "evil",
        description: EVIL,
        model: "m",
        prompt: "{text}",
        provider: scripted(EVIL),
      }),
      typed(),
      slow(),
    ]);
    await using server = serve(new Hono().route("/some/where", routes));
    const url = `${server.url}/some/where`;
    const context = await browser.newContext(options);
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const consoleErrors: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" && !/ (?:401|404|422|502) /.test(message.text())) {
        consoleErrors.push(message.text());
      }
    });
    page.on("pageerror", (error) => consoleErrors.push(String(error)));
    try {
      await page.goto(`${url}/dashboard`);
      if (signedIn) {
        await page.fill("#token", TOKEN);
        await page.keyboard.press("Enter");
        await page.locator("#figures").waitFor();
      }
      await fn({ page, context, url, routes, consoleErrors });
      assertEquals(consoleErrors, []);
    } finally {
      await context.close();
      await routes.shutdown({ grace: 0 });
    }
  });
}

inBrowser("the URL with the one-time token signs in, once and without leaving a trace", async ({
  page,
}) => {
  const { error } = console;
  console.error = () => {};
  const routes = agentRoutes({
    agents: [echo().agent],
    auth: "one-time-token",
    dashboard: true,
  });
  console.error = error;
  await using server = serve(new Hono().route("/other", routes));
  await page.goto(`${server.url}/other/dashboard?token=${routes.oneTimeToken}`);
  await page.locator("#figures").waitFor();
  assertEquals(page.url(), `${server.url}/other/dashboard`);
  await page.reload();
  await page.locator("#figures").waitFor();
  await page.goto(`${server.url}/other/dashboard/agents/echo`);
  await page.fill("textarea, input[name]", "hello");
  await page.locator("form button").last().waitFor();
  await routes.shutdown({ grace: 0 });
}, { signedIn: false });

function typed() {
  return defineAgent({
    name: "typed",
    model: "m",
    provider: scripted('{"label":"positive"}'),
    params: z.object({ text: z.string(), tags: z.array(z.string()).optional() }),
    prompt: ({ text }: { text: string }) => text,
    output: z.object({ label: z.string() }),
  });
}

/** An agent that streams one word and then waits until it is aborted. */
function slow() {
  return defineAgent({
    name: "slow",
    model: "m",
    prompt: "{text}",
    provider: {
      name: "slow",
      generate: () => Promise.resolve({ text: "first last", finishReason: "stop" as const }),
      async *stream(_request, { signal }) {
        yield { type: "delta", text: "first " };
        await new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        );
      },
    },
  });
}

/** Calls an agent without the browser. */
async function call(url: string, agent: string, text = "x"): Promise<void> {
  const response = await fetch(`${url}/${agent}`, requestInit({ text }));
  await response.body?.cancel();
}

inBrowser(
  "can be used by keyboard alone: sign in, call an agent, sign out",
  async ({ page, url }) => {
    // The field has the focus at first.
    await page.locator("#token:focus").waitFor();
    await page.keyboard.type("mistaken");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    await page.keyboard.type(TOKEN);
    await page.keyboard.press("Enter");
    await page.locator("#figures").waitFor();
    await page.locator("#state", { hasText: "Live" }).waitFor();
    assertEquals(page.url(), `${url}/dashboard`);
    await page.keyboard.press("Tab");
    assertEquals(await focused(page), "Skip to the content");
    await page.keyboard.press("Enter");
    for (let i = 0; i < 20 && await focused(page) !== "echo"; i++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator("h1", { hasText: "echo" }).waitFor();
    const field = page.getByLabel("text");
    for (let i = 0; i < 20 && await page.locator("textarea:focus").count() === 0; i++) {
      await page.keyboard.press("Tab");
    }
    await field.pressSequentially("hello there");
    await page.keyboard.press("Control+Enter");
    await page.locator("#call-state.good").waitFor();
    assertEquals(await page.locator("#output").textContent(), "hello there");
    await page.getByRole("link", { name: "Show the run" }).click();
    await page.locator("#calls", { hasText: "ok" }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.locator("#token").waitFor();
    assertEquals(page.url(), `${url}/dashboard`);
  },
  { signedIn: false },
);

function focused(page: Page): Promise<string | null | undefined> {
  return page.evaluate("document.activeElement?.textContent");
}

inBrowser("updates appear live while a link keeps the focus", async ({ page, url }) => {
  await page.locator("#state", { hasText: "Live" }).waitFor();
  const link = page.getByRole("link", { name: "failing" });
  await link.focus();
  await call(url, "echo");
  await call(url, "failing");
  await page.locator("#failures tr", { hasText: "provider" }).waitFor();
  await page.locator("#figures", { hasText: "50 %" }).waitFor();
  assertEquals(await page.locator("#ended tbody tr").count(), 2);
  await call(url, "failing");
  await page.locator("#failures tbody tr").nth(1).waitFor();
  assertEquals(await focused(page), "failing");
});

inBrowser("live updates can be paused and resumed", async ({ page, url }) => {
  await page.locator("#state", { hasText: "Live" }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.locator("#state", { hasText: "Paused" }).waitFor();
  await call(url, "failing");
  await page.waitForTimeout(300);
  assertEquals(await page.locator("#failures tr").count(), 0);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.locator("#failures tr", { hasText: "provider" }).waitFor();
});

inBrowser("an answer is streamed and can be stopped", async ({ page, url }) => {
  await page.goto(`${url}/dashboard/agents/slow`);
  await page.fill("textarea", "x");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await page.locator("#output", { hasText: "first" }).waitFor();
  assertEquals(await page.locator("#call-state").textContent(), "Running…");
  const inFlight = page.locator("#agents td[data-label='In flight']");
  await inFlight.filter({ hasText: /^1$/ }).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.locator("#call-state", { hasText: "Stopped" }).waitFor();
  await inFlight.filter({ hasText: /^0$/ }).waitFor();
});

inBrowser("shows typed answers, invalid parameters and failures", async ({ page, url }) => {
  await page.goto(`${url}/dashboard/agents/typed`);
  const send = page.getByRole("button", { name: "Call", exact: true });
  await page.getByLabel("text").fill("x");
  await page.getByLabel("tags").fill("[oops");
  await send.click();
  await page.locator("#call-state", { hasText: "tags must be JSON" }).waitFor();
  await page.getByLabel("tags").fill("[1]");
  await send.click();
  await page.locator("#call-state", { hasText: "invalid_params" }).waitFor();
  assertStringIncludes(await page.locator("#call-log").innerText(), "tags");
  await page.getByLabel("tags").fill('["a"]');
  await send.click();
  await page.locator("#call-state.good").waitFor();
  assertEquals(await page.locator("#output").textContent(), '{\n  "label": "positive"\n}');
  await page.goto(`${url}/dashboard/agents/failing`);
  await page.fill("textarea", "x");
  await send.click();
  await page.locator("#call-state", { hasText: "Failed: provider" }).waitFor();
  assert(!(await page.content()).includes("secret"));
});

inBrowser("shows the model's output as text", async ({ page, url }) => {
  await page.goto(`${url}/dashboard/agents/evil`);
  await page.fill("textarea", EVIL);
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await page.locator("#call-state.good").waitFor();
  assertEquals(await page.locator("#output").textContent(), EVIL);
  assertEquals(await page.locator("img").count(), 0);
  assertEquals(await page.locator(".lead").textContent(), EVIL);
  assertEquals(await page.title(), "evil – Shoal");
});

for (
  const [name, options] of [
    ["a phone", { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true }],
    ["a phone in the dark", { viewport: { width: 390, height: 800 }, colorScheme: "dark" }],
    ["a desktop", { viewport: { width: 1280, height: 800 } }],
  ] as const
) {
  inBrowser(`nothing is cut off or low in contrast on ${name}`, async ({ page, url }) => {
    await call(url, "failing");
    await call(url, "echo");
    for (const path of ["", "/agents/typed", "/agents/failing"]) {
      await page.goto(`${url}/dashboard${path}`);
      await page.locator("#state", { hasText: "Live" }).waitFor();
      const widths = await page.evaluate<number[]>(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
      );
      assertEquals(widths[0], widths[1], `${path} scrolls sideways`);
      const texts = await page.evaluate(lowContrastTexts);
      assertEquals(texts, [], path);
    }
  }, options);
}

/** Returns the elements with less contrast than WCAG AA requires. Runs in the page. */
function lowContrastTexts(): string[] {
  // deno-lint-ignore no-explicit-any -- the browser's own globals are not those of Deno
  const { document, getComputedStyle } = globalThis as any;
  const luminance = (color: string): number => {
    const [r, g, b] = color.match(/[\d.]+/g)!.slice(0, 3).map((n) => {
      const c = Number(n) / 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const found: string[] = [];
  for (const element of document.querySelectorAll("main *, header *")) {
    const isText = [...element.childNodes].some((n: { nodeType: number; nodeValue: string }) =>
      n.nodeType === 3 && n.nodeValue.trim() !== ""
    );
    if (!isText || element.disabled || element.closest("[hidden], noscript")) continue;
    let background = element;
    while (getComputedStyle(background).backgroundColor === "rgba(0, 0, 0, 0)") {
      background = background.parentElement;
    }
    const a = luminance(getComputedStyle(element).color);
    const b = luminance(getComputedStyle(background).backgroundColor);
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) found.push(element.outerHTML);
  }
  return found;
}

Deno.test({
  name: "closes the browser",
  ignore: noBrowser,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () => browser?.close(),
});
