import type { JournalItem } from "@shoal/agents";
import { rm } from "node:fs/promises";
import { makeTempFolder } from "../temp_folder.ts";
import { startCode } from "../child.ts";

/** An item, as runs create them. */
export function item(n: number, more: Partial<JournalItem> = {}): JournalItem {
  return items[n] !== undefined && Object.keys(more).length === 0 ? items[n] : {
    id: n.toString(16).padStart(8, "0").repeat(4),
    index: n,
    agent: "label",
    ...more,
  };
}

/** `finish` requires the object that was passed to `begin`. */
const items = Array.from({ length: 100 }, (_, n) => ({
  id: n.toString(16).padStart(8, "0").repeat(4),
  index: n,
  agent: "label",
}));

/** Runs `work` with a folder that is deleted afterwards. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await makeTempFolder();
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Starts a process that runs some code, and waits for its first line of output. */
export async function running(code: string, permissions?: readonly string[]) {
  const child = startCode(code, { permissions });
  return {
    output: await child.firstLine,
    kill: child.kill,
    async alive() {
      await new Promise((resolve) => setTimeout(resolve, 0));
      return child.alive;
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
