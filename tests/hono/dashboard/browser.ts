/**
 * A real Chromium for tests: the one at `CHROMIUM_PATH`, or one that is installed, or one that comes as an npm package (Linux, x64). Deno gets
 * that package like any other, so there is nothing to install.
 */
import packed from "@sparticuz/chromium";
import type { Browser } from "playwright-core";

const INSTALLED = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

interface Found {
  readonly path: string;
  readonly env?: Record<string, string>;
}

async function find(): Promise<Found | undefined> {
  const own = Deno.env.get("CHROMIUM_PATH");
  if (own) return { path: own };
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of INSTALLED) {
      if (folder !== "" && exists(`${folder}/${name}`)) return { path: `${folder}/${name}` };
    }
  }
  const { os, arch } = Deno.build;
  return os === "linux" && arch === "x86_64" ? await unpacked() : undefined;
}

/** Unpacks the browser of the npm package, and the system's libraries that it needs, once: 200 MB take some seconds. */
async function unpacked(): Promise<Found> {
  const [, version] = import.meta.resolve("@sparticuz/chromium").match(/chromium[@/]\^?([\d.]+)/)!;
  const folder = `${Deno.env.get("TMPDIR") ?? "/tmp"}/shoal-chromium-${version}`;
  if (!exists(folder)) {
    const half = await Deno.makeTempDir();
    // The package is made for AWS Lambda, and only by its variables can it be told to unpack the libraries too, and where.
    await withEnv({ TMPDIR: half, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" }, async () => {
      await packed.executablePath();
    });
    // Another run may have been faster.
    await Deno.rename(half, folder).catch(() => Deno.remove(half, { recursive: true }));
  }
  return {
    path: `${folder}/chromium`,
    env: { FONTCONFIG_PATH: `${folder}/fonts`, LD_LIBRARY_PATH: `${folder}/al2023/lib` },
  };
}

async function withEnv(env: Record<string, string>, fn: () => Promise<void>): Promise<void> {
  const before = Object.keys(env).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  try {
    await fn();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

const found = await find();
if (found === undefined) {
  console.warn(
    "The dashboard is not tested in a browser: there is none. Set CHROMIUM_PATH to one.",
  );
}

/** Is there no browser here, so that tests that need one are ignored? */
export const noBrowser: boolean = found === undefined;

/** Starts it. */
export async function launch(): Promise<Browser> {
  const { path, env = {} } = found!;
  // As it is loaded, the library looks in /proc whether this is Windows' Linux, which Deno allows only to whom it allows all.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import("playwright-core");
  return await chromium.launch({
    executablePath: path,
    env: { ...Deno.env.toObject(), ...env },
    // Chromium's sandbox does not work as root, and often not in containers; what it opens here is ours.
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
}
