/** Bundles the service into one file, for runtimes without TypeScript and `deno.json`. */
import * as esbuild from "esbuild";
import { fileURLToPath } from "node:url";

/** A polyfill that users of Node 20 need. */
const POLYFILL = `Promise.withResolvers ??= function () {
  const all = {};
  all.promise = new this((resolve, reject) => Object.assign(all, { resolve, reject }));
  return all;
};`;

const SERVICE = fileURLToPath(new URL("./service.ts", import.meta.url));

/** Writes `service.mjs`, and `service.old.mjs` for runtimes without `using`. */
export async function bundle(
  folder: string,
): Promise<{ readonly current: string; readonly old: string }> {
  const current = `${folder}/service.mjs`;
  const old = `${folder}/service.old.mjs`;
  const { success, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--platform=deno", "--format=esm", `--output=${current}`, SERVICE],
    cwd: new URL("../../../", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  try {
    const { code } = await esbuild.transform(await Deno.readTextFile(current), {
      target: "node20",
      format: "esm",
      banner: POLYFILL,
    });
    await Deno.writeTextFile(old, code);
  } finally {
    await esbuild.stop();
  }
  return { current, old };
}
