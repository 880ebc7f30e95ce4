/**
 * Texts of the command line that `docs/troubleshooting.md` does not explain, by the reason. All
 * other texts must be there.
 */
export const NOT_DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  "is part of the help": [
    "name of the run (default: the last run)",
    "resume a run with the options that it was started with",
    "resume a run, and retry failed rows",
    "display help for command",
  ],
  "is a word of another message": [
    "the file of the agents",
    "the standard input",
    "--base-url with --workers",
    'call "…" with a budget in US dollars',
  ],
  "is a figure of a run": [
    "… tokens in (… from the cache, … written to it), … out (… for reasoning)",
    "reported by the server",
    "by price list",
    "started at …, last row at …",
    "time per row: … (p95 …, p99 …)",
    "(in a sample of … rows)",
    "and … more causes",
    "no rows yet",
    ", about … in total",
  ],
  "is a figure of a dry run": [
    "Dry run: nothing was sent or written.",
    'The run would be "…".',
    'to the provider "…"',
    "request …, of line …: … …",
    "of … in a sample",
    "… more cannot be read",
    "… are done already",
    "…… would fail before they are sent",
    "; nothing limits them, and --max-tokens does",
    "cost: nothing to send",
    "cost: about … by price list (… for requests, … for answers)…",
    "tokens: about … in requests (at most …), about … in answers…",
    "How sure: requests count four characters a token, which is usually right to within a third. " +
    "The length of answers is a guess of 200 tokens, as none is known yet. Retries, repairs, " +
    "fallbacks and tools come on top. --pilot 50 measures a sample, and gives an interval of 95 %.",
  ],
  "is what init writes, or prints to be pasted": [
    "--out … --columns label,reason",
    "To try it without a key, with answers of a simulated server:",
    "To see the requests and what they would cost, with OPENAI_API_KEY set; nothing is sent:",
    "To label the reviews, for at most one dollar:",
    "The reason, in at most ten words.",
    "I love this kettle, it boils in a minute and looks great.",
    "Broke after two days. Never again.",
    "It is okay, does what it says.",
    "The zip jammed on day one, and nobody answers my mails.",
    '"Best headphones" said my brother, and he is right!',
    "Arrived late; the colour is nice, though.",
    "an agent that labels reviews",
    "the JSON Schema of its answers",
    "… reviews to label",
    "deno run -A jsr:@shoal/agents@…/cli",
    "deno run -A ……",
  ],
  "is caught by the command": [
    "the connection was closed",
  ],
};
