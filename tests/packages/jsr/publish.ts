/** Publishes Shoal and the packages of std that it imports, as authors do. */
import { fileURLToPath } from "node:url";
import { outputOf, ROOT } from "./project.ts";
import { type Registry, TOKEN } from "./registry.ts";

/** The packages of std that Shoal imports, with the folders of their sources on npm. */
const STD_PACKAGES = {
  async: ["async", "data_structures"],
  text: ["text"],
};

/** Publishes Shoal, and the current versions of the packages of std that it imports. */
export async function publishShoal(registry: Registry): Promise<void> {
  for (const name of ["async", "text"] as const) {
    registry.create(`@std/${name}`);
    await publishStd(registry, name);
  }
  registry.create("@shoal/agents");
  await publish(registry, ROOT);
}

/** Publishes the package in a folder. */
async function publish(
  registry: Registry,
  folder: string | URL,
  args: readonly string[] = [],
): Promise<void> {
  await outputOf("deno", ["publish", "--token", TOKEN, "--allow-dirty", ...args], {
    cwd: folder,
    env: { JSR_URL: registry.url },
  });
}

/**
 * Publishes a package of std: the sources that its mirror in `tools/std` re-exports from npm. They
 * are copied into the package, as the real one depends on nothing from npm.
 *
 * @param version The version; by default that of the mirror.
 * @param without Entries that are left out, such as `./channel`.
 */
export async function publishStd(
  registry: Registry,
  name: keyof typeof STD_PACKAGES,
  { version, without = [] }: { version?: string; without?: readonly string[] } = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "shoal_std_" });
  try {
    const mirror = new URL(`tools/std/${name}/`, ROOT);
    const sources = new URL("../", import.meta.resolve("npm:deno-std@1.4.0/async/pool.js"));
    for (const part of STD_PACKAGES[name]) {
      await Deno.mkdir(`${folder}/lib/${part}`, { recursive: true });
      for (const { name: file } of Deno.readDirSync(new URL(`${part}/`, sources))) {
        const from = fileURLToPath(new URL(`${part}/${file}`, sources));
        await Deno.copyFile(from, `${folder}/lib/${part}/${file}`);
      }
    }
    for (const { name: file } of Deno.readDirSync(mirror)) {
      const text = await Deno.readTextFile(new URL(file, mirror));
      const isCopy = file.endsWith(".js");
      const library = isCopy ? "../" : "./lib/";
      const own = text.replaceAll("npm:deno-std@1.4.0/", library)
        .replace(/"\.\/(\w+\.js)"/, `"./lib/${name}/$1"`);
      await Deno.writeTextFile(`${folder}/${isCopy ? `lib/${name}/` : ""}${file}`, own);
    }
    const config = JSON.parse(await Deno.readTextFile(`${folder}/deno.json`));
    config.version = version ?? config.version;
    for (const entry of without) delete config.exports[entry];
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
    // The real sources are TypeScript, and have no slow types.
    await publish(registry, folder, ["--allow-slow-types"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
