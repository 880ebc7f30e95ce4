/** Takes the pictures of the README: `deno task pictures`, or only `panel` or `dashboard`. */
import { dashboardPicture } from "./dashboard.ts";
import { panelPicture } from "./panel.ts";

const FOLDER = new URL("../../docs/images/", import.meta.url);

/** The pictures, by their files. */
const PICTURES: Readonly<Record<string, () => Promise<string | Uint8Array>>> = {
  "panel.svg": panelPicture,
  "dashboard.png": dashboardPicture,
};

const names = Object.keys(PICTURES);
const isKnown = (name: string) => names.some((file) => file.startsWith(`${name}.`));
const unknown = Deno.args.find((name) => !isKnown(name));
if (unknown !== undefined) {
  console.error(`Cannot take the picture ${unknown}: there are ${names.join(" and ")}`);
  Deno.exit(2);
}
await Deno.mkdir(FOLDER, { recursive: true });
for (const [file, take] of Object.entries(PICTURES)) {
  if (Deno.args.length > 0 && !Deno.args.includes(file.split(".")[0]!)) continue;
  const picture = await take();
  const bytes = typeof picture === "string" ? new TextEncoder().encode(picture) : picture;
  await Deno.writeFile(new URL(file, FOLDER), bytes);
  console.log(`docs/images/${file}: ${(bytes.length / 1_024).toFixed(0)} KB`);
}
Deno.exit(0); // playwright may keep handles of the closed browser
