/**
 * Lowers `using`, which Node 22 does not support, in the files of a folder. It is a process of its
 * own, as esbuild starts another one, which ends some time after it was stopped.
 */
import * as esbuild from "esbuild";

const [folder] = Deno.args;
for (const { name } of Deno.readDirSync(folder!)) {
  if (!name.endsWith(".js")) continue;
  const file = `${folder}/${name}`;
  const source = await Deno.readTextFile(file);
  const { code } = await esbuild.transform(source, { target: "node22", format: "esm" });
  await Deno.writeTextFile(file, code);
}
await esbuild.stop();
