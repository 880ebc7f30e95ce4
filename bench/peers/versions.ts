/** Returns the installed versions of packages, such as `ai 7.0.1, effect 4.1.0`. */
export async function versionsOf(...names: readonly string[]): Promise<string> {
  const lock = await Deno.readTextFile(new URL("./deno.lock", import.meta.url));
  const resolved = Object.entries<string>(JSON.parse(lock).specifiers);
  return names.map((name) => {
    const [, version] = resolved.find(([specifier]) => specifier.startsWith(`npm:${name}@`))!;
    return `${name} ${version.split("_")[0]}`;
  }).join(", ");
}
