import type { JournalItem } from "@shoal/agents";

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
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Starts a process that runs some code, and waits for its first line of output. */
export async function running(code: string, permissions: readonly string[] = ["-P=test"]) {
  const child = new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--no-check", ...permissions, "-"],
    cwd: new URL("../..", import.meta.url),
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const reader = child.stdout.getReader();
  const output = new TextDecoder().decode((await reader.read()).value).trim();
  let ended = false;
  const status = child.status.finally(() => ended = true);
  const kill = async () => {
    if (!ended) child.kill("SIGKILL");
    await reader.cancel().catch(() => {});
    await status;
  };
  return {
    output,
    kill,
    async alive() {
      await new Promise((resolve) => setTimeout(resolve, 0));
      return !ended;
    },
    [Symbol.asyncDispose]: kill,
  };
}
