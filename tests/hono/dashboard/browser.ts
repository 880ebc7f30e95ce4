/**
 * Finds a Chromium for tests: at `CHROMIUM_PATH`, installed on `PATH`, or from an npm package (on
 * Linux, x64), which is installed like any other.
 */
import packed from "@sparticuz/chromium";
import type { Browser } from "playwright-core";
import { rename, rm, writeFile } from "node:fs/promises";
import { makeTempFolder } from "../../temp_folder.ts";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const INSTALLED = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

interface Found {
  readonly path: string;
  readonly env?: Record<string, string>;
}

async function find(): Promise<Found | undefined> {
  const own = process.env.CHROMIUM_PATH;
  if (own) return { path: own };
  for (const folder of (process.env.PATH ?? "").split(":")) {
    for (const name of INSTALLED) {
      if (folder !== "" && existsSync(`${folder}/${name}`)) return { path: `${folder}/${name}` };
    }
  }
  return process.platform === "linux" && process.arch === "x64" ? await unpack() : undefined;
}

/** Unpacks the browser of the npm package and its libraries, once: 200 MB take some seconds. */
async function unpack(): Promise<Found> {
  const [, version] = import.meta.resolve("@sparticuz/chromium").match(/chromium[@/]\^?([\d.]+)/)!;
  const folder = join(tmpdir(), `shoal-chromium-${version}`);
  if (!existsSync(folder)) {
    const half = await makeTempFolder();
    // The package is made for AWS Lambda: only these variables make it unpack the libraries, too,
    // and determine where.
    await withEnv({ TMPDIR: half, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" }, async () => {
      await packed.executablePath();
    });
    // Another process may have been faster.
    await rename(half, folder).catch(() => rm(half, { recursive: true }));
  }
  // The configuration in the package only names folders of AWS Lambda. Without fonts, text has no
  // size and counts as invisible.
  await writeFile(
    `${folder}/fonts.conf`,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>` +
      `<dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>`,
  );
  return {
    path: `${folder}/chromium`,
    env: { FONTCONFIG_FILE: `${folder}/fonts.conf`, LD_LIBRARY_PATH: `${folder}/al2023/lib` },
  };
}

async function withEnv(env: Record<string, string>, fn: () => Promise<void>): Promise<void> {
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, env);
  try {
    await fn();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

const found = await find();
if (found === undefined) {
  console.warn(
    "The dashboard is not tested in a browser as none was found: set CHROMIUM_PATH to one",
  );
}

/** Whether there is no browser, so that the tests that need one are ignored. */
export const noBrowser: boolean = found === undefined;

/** Launches the browser. */
export async function launch(): Promise<Browser> {
  const { path, env = {} } = found!;
  // Keeps the library from reading /proc on load, which Deno only allows with all permissions.
  process.env.__IS_WSL_TEST__ = "1";
  const { chromium } = await import("playwright-core");
  return await chromium.launch({
    executablePath: path,
    env: { ...process.env, ...env },
    // Chromium's sandbox does not work as root or in most containers, and all pages here are
    // trusted.
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
}
