/** Builds the site of the docs and looks at it in a real browser. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { serveSite } from "../../tools/site/serve_site.ts";
import { launch, noBrowser } from "../hono/dashboard/browser.ts";
import { buildSite, SITE, siteFilesWith } from "./build_site.ts";

const AXE = new URL("../../tools/site/node_modules/axe-core/axe.min.js", import.meta.url);

/** Pages of every kind: text, code, tables, options, flags, a module, a function and a type. */
const PAGES = [
  "",
  "limits.html",
  "caching.html",
  "command-line.html",
  "comparison.html",
  "api.html",
  "api/agents/define-agent.html",
  "api/agents/stream-event.html",
  "no-such-page.html",
];

const built = buildSite();
// The first test reports the failure.
built.catch(() => {});
let browser: Browser | undefined;

interface Setup {
  readonly page: Page;
  readonly url: string;
}

/** Adds a test in a browser, which fails if a page logs an error or asks another host. */
function inBrowser(
  name: string,
  options: BrowserContextOptions,
  fn: (setup: Setup) => Promise<void>,
): void {
  const ignore = noBrowser;
  Deno.test({ name, ignore, sanitizeOps: false, sanitizeResources: false }, async () => {
    await built;
    await look(options, fn).catch(async (error) => {
      if (browser?.isConnected()) throw error;
      // The browser has ended, and not only the page. That was seen once, on a busy machine. The
      // cause is not known. A site that ends browsers fails the second time, too.
      console.warn("The browser ended during a test, which runs once more:", error);
      await look(options, fn);
    });
  });
}

async function look(
  options: BrowserContextOptions,
  fn: (setup: Setup) => Promise<void>,
): Promise<void> {
  if (!browser?.isConnected()) browser = await launch();
  await using server = await serveSite();
  const context = await browser.newContext(options);
  context.setDefaultTimeout(20_000);
  const problems: string[] = [];
  try {
    const page = await context.newPage();
    page.on("request", (request) => {
      if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(server.url)) {
        problems.push(`asks ${request.url()}`);
      }
    });
    page.on("response", (response) => {
      if (response.status() !== 200 && !response.url().includes("no-such-page")) {
        problems.push(`${response.url()}: ${response.status()}`);
      }
    });
    page.on("pageerror", (error) => problems.push(String(error)));
    await fn({ page, url: server.url });
    assertEquals(problems, []);
  } finally {
    await context.close();
  }
}

Deno.test({
  name: "the site builds, without broken links and misspelt words",
  // The process was started by the module.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () => built,
});

Deno.test("each page has its Markdown beside it, and llms.txt lists all guides", async () => {
  await built;
  const pages = siteFilesWith(".html").filter((path) => path !== "404.html");
  assert(pages.length > 200);
  for (const path of pages) {
    const markdown = await Deno.readTextFile(new URL(path.replace(/html$/, "md"), SITE));
    assertMatch(markdown, /^# \S/m, path);
  }
  const list = await Deno.readTextFile(new URL("llms.txt", SITE));
  const links = [...list.matchAll(/\]\(\/(\S+\.md)\)/g)].map(([, path]) => path!);
  const guides = pages.filter((path) => !/^(?:api|source|bench)\//.test(path));
  assertEquals(guides.filter((path) => !links.includes(path.replace(/html$/, "md"))), []);
  for (const path of links) await Deno.stat(new URL(path, SITE));
  const all = await Deno.readTextFile(new URL("llms-full.txt", SITE));
  assertStringIncludes(all, "# Limits and budgets");
});

Deno.test("every internal link of every page answers 200", async () => {
  await built;
  await using server = await serveSite();
  const targets = new Map<string, string>();
  for (const path of siteFilesWith(".html")) {
    const html = await Deno.readTextFile(new URL(path, SITE));
    for (
      const [, target] of html.matchAll(/<(?:a|link|script|img)\b[^>]*? (?:href|src)="([^"]+)"/g)
    ) {
      const url = new URL(target!.replaceAll("&amp;", "&"), new URL(path, server.url));
      url.hash = "";
      if (url.href.startsWith(server.url)) targets.set(url.href, path);
    }
  }
  assert(targets.size > 300);
  const broken: string[] = [];
  for (const [target, page] of targets) {
    const response = await fetch(target);
    await response.body?.cancel();
    if (response.status !== 200) broken.push(`${page}: ${target} (${response.status})`);
  }
  assertEquals(broken, []);
});

for (
  const [device, viewport] of [
    ["a phone", { width: 390, height: 844 }],
    ["a desktop", { width: 1280, height: 900 }],
  ] as const
) {
  for (const colorScheme of ["light", "dark"] as const) {
    inBrowser(
      `nothing scrolls sideways or breaks a rule of axe on ${device} in ${colorScheme} mode`,
      { viewport, colorScheme },
      async ({ page, url }) => {
        const axe = await Deno.readTextFile(AXE);
        for (const path of PAGES) {
          await page.goto(url + path);
          await page.locator("h1").first().waitFor();
          const isDark = await page.evaluate("document.documentElement.matches('.dark')");
          assertEquals(isDark, colorScheme === "dark", path);
          await assertFits(page, path);
          await page.evaluate(axe);
          const { violations } = await page.evaluate<{ violations: readonly Violation[] }>(
            "axe.run(document)",
          );
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
          assertEquals(found, [], path);
        }
      },
    );
  }
}

/** Checks that a page does not scroll sideways. */
async function assertFits(page: Page, path: string): Promise<void> {
  const [scroll, client] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  );
  assertEquals(scroll, client, `${path} scrolls sideways`);
}

inBrowser(
  "no guide scrolls sideways on a phone",
  { viewport: { width: 390, height: 844 } },
  async ({ page, url }) => {
    for (const path of siteFilesWith(".html")) {
      if (/^(?:api|source)\//.test(path)) continue;
      await page.goto(url + path);
      await page.locator("h1").first().waitFor();
      await assertFits(page, path);
    }
  },
);

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

inBrowser("the search finds a guide and an option by keyboard", {}, async ({ page, url }) => {
  await page.goto(url);
  await page.locator("h1").waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("searchbox").fill("hedged requests");
  const result = page.locator("#localsearch-list a[href*='resilience.html']").first();
  await result.waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/resilience.html**");
  await page.keyboard.press("Control+k");
  await page.getByRole("searchbox").fill("requestsPerMinute");
  await page.locator("#localsearch-list a[href*='limit']").first().waitFor();
});

inBrowser("dark mode is switched by a button and kept", { colorScheme: "light" }, async (setup) => {
  const { page, url } = setup;
  const isDark = () => page.evaluate<boolean>("document.documentElement.matches('.dark')");
  await page.goto(`${url}start.html`);
  assertEquals(await isDark(), false);
  await page.getByRole("switch").first().click();
  await page.locator("html.dark").waitFor();
  await page.goto(`${url}limits.html`);
  await page.locator("h1").waitFor();
  assertEquals(await isDark(), true);
});

inBrowser(
  "the menu of a phone leads to another guide",
  { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  async ({ page, url }) => {
    await page.goto(url);
    await page.getByRole("button", { name: "Menu" }).click();
    await page.locator(".VPSidebar").getByRole("link", { name: "Journal" }).click();
    await page.locator("h1", { hasText: "Journal" }).waitFor();
  },
);

inBrowser(
  "an option shows its default and bounds on a phone, and stays a table for screen readers",
  { viewport: { width: 390, height: 844 } },
  async ({ page, url }) => {
    await page.goto(`${url}resilience.html`);
    const row = page.getByRole("row").filter({ hasText: "jitter" }).first();
    await row.scrollIntoViewIfNeeded();
    assertStringIncludes(await row.innerText(), "a number from 0 to 1");
    assertEquals(await row.getByRole("cell").count(), 5);
    const box = (await row.boundingBox())!;
    assert(box.x >= 0 && box.x + box.width <= 390, "the row is cut off");
  },
);

inBrowser("a type of the API leads to the types that it names", {}, async ({ page, url }) => {
  await page.goto(`${url}api/agents/shared-options.html`);
  await page.locator("main").getByRole("link", { name: "RetryOptions" }).first().click();
  await page.locator("h1", { hasText: "RetryOptions" }).waitFor();
});

Deno.test({
  name: "closes the browser",
  ignore: noBrowser,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () => browser?.close(),
});
