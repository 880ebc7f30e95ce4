/** Takes a picture of the panel of `shoal run`, in a pseudo-terminal, against a simulator. */
import { simulator } from "@shoal/agents/testing";
import xterm from "@xterm/headless";
import { fileURLToPath } from "node:url";
import { terminalSvg } from "./terminal_svg.ts";

const ROOT = new URL("../../", import.meta.url);
const COLUMNS = 92;
const ROWS = 4_000;

/** The command as the picture shows it, in two lines. */
const SHOWN = [
  `shoal run --prompt "Label the sentiment: {text}" --schema label.json --model gpt-5-mini \\`,
  `  -i reviews.csv -o labels.csv --columns label --concurrency 200 --budget 5`,
];

/** The arguments of {@linkcode SHOWN}. */
const ARGUMENTS = SHOWN.join("\n").replace("\\\n", "").match(/"[^"]*"|\S+/g)!.slice(1)
  .map((word) => word.replaceAll('"', ""));

const SCHEMA = {
  type: "object",
  properties: { label: { enum: ["positive", "negative", "neutral"] } },
  required: ["label"],
};

/** Returns the picture as SVG: the panel when more than 60 % of the rows are done. */
export async function panelPicture(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "shoal-panel-" });
  try {
    await using server = simulator({
      latency: { p50: 400, p99: 2_000 },
      seed: 1,
    });
    await Deno.writeTextFile(`${folder}/label.json`, JSON.stringify(SCHEMA));
    await Deno.writeTextFile(`${folder}/reviews.csv`, await csvRows());
    const output = await runInTerminal(folder, server.url);
    const terminal = new xterm.Terminal({ cols: COLUMNS, rows: 16, allowProposedApi: true });
    await write(terminal, `\x1b[32m$\x1b[0m ${SHOWN.join("\r\n")}\r\n\r\n`);
    // deno-lint-ignore no-control-regex -- the command moves up and clears the old panel
    for (const frame of output.split(/(?=\x1b\[\d+A\x1b\[J)/)) {
      await write(terminal, frame);
      if (Number(/(\d+) %/.exec(frame)?.[1]) > 60) break;
    }
    return terminalSvg(terminal, {
      title: "shoal run labels 4,000 reviews: its panel of progress",
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns rows of the reviews that come with the examples. */
async function csvRows(): Promise<string> {
  const lines = await Deno.readTextFile(new URL("examples/data/reviews.jsonl", ROOT));
  const reviews = lines.trim().split("\n").map((line) => JSON.parse(line));
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const text = String(reviews[i % reviews.length].text).replaceAll(/\s+/g, " ");
    return `${i},"${text.replaceAll('"', '""')}"`;
  });
  return ["id,text", ...rows, ""].join("\n");
}

/** Runs the command in a pseudo-terminal, and returns all that it writes there. */
async function runInTerminal(folder: string, baseURL: string): Promise<string> {
  const command = [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    "-P=shoal",
    `--config=${fileURLToPath(new URL("deno.json", ROOT))}`,
    fileURLToPath(new URL("src/cli/main.ts", ROOT)),
    ...ARGUMENTS,
  ].map((word) => `'${word}'`).join(" ");
  const { success, stdout } = await new Deno.Command("script", {
    args: ["-qec", `stty cols ${COLUMNS} rows 40; ${command}`, "/dev/null"],
    cwd: folder,
    env: { NO_COLOR: "", TERM: "xterm-256color", OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: "none" },
    stderr: "inherit",
    signal: AbortSignal.timeout(120_000),
  }).output();
  const output = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`Cannot take a picture of the panel as the run failed:\n${output}`);
  return output;
}

function write(terminal: xterm.Terminal, text: string): Promise<void> {
  return new Promise((resolve) => terminal.write(text, resolve));
}
