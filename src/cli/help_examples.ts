/** The examples in the help of commands that have no file of their own. */

/** The examples of `shoal --help`. */
export const PROGRAM_EXAMPLES = `
Examples:
  shoal init                       write an agent and sample rows, and what to do with them
  shoal run agents.ts#Sentiment --in reviews.jsonl --out labels.jsonl --concurrency 200 --budget 5
  shoal run --prompt "Label: {text}" --model gpt-5-mini --in-format csv < reviews.csv
  shoal resume                     resume the last run
  shoal show                       show what limited it, and why rows failed
  shoal simulate --latency 800     start a model server to try it with
  shoal record -- COMMAND          record what a command and a server say to each other
`;

/** The examples of `shoal run`. */
export const RUN_EXAMPLES = `
Examples:
  shoal run agents.ts#Sentiment -i reviews.jsonl -o labels.jsonl -c 200 --rpm 500 --budget 5
  shoal run agents.ts#Sentiment -i reviews.csv -o labels.csv --map input=text --pilot 50
  shoal run agents.ts#Sentiment -i reviews.csv -o labels.csv --dry-run
  shoal run agents.ts#Sentiment -i reviews.csv --simulate --limit 5
  shoal run agents.ts#Sentiment -i reviews.csv -o labels.csv --json | jq .cost.total
  cat reviews.jsonl | shoal run --prompt "Label: {text}" -m gpt-5-mini | jq .output`;

/** The examples of `shoal resume`. */
export const RESUME_EXAMPLES = `
Examples:
  shoal resume                                   the last run
  shoal resume reviews-3f9a1c --budget 10        with a larger budget

Options of "shoal run" replace those that the run was started with.`;

/** The examples of `shoal retry`. */
export const RETRY_EXAMPLES = `
Examples:
  shoal retry                                    failed rows of the last run
  shoal retry reviews-3f9a1c --timeout 2m        with more time for each row

Options of "shoal run" replace those that the run was started with.`;

/** The examples of `shoal runs`. */
export const RUNS_EXAMPLES = `
Examples:
  shoal runs
  shoal runs --json | jq -r "select(.failed > 0).runId"`;

/** The examples of `shoal show`. */
export const SHOW_EXAMPLES = `
Examples:
  shoal show                                     the last run
  shoal show reviews-3f9a1c --json | jq .failures`;

/** The examples of `shoal doctor`. */
export const DOCTOR_EXAMPLES = `
Examples:
  shoal doctor
  shoal doctor --base-url http://localhost:11434/v1
  shoal doctor --json | jq -r .state

The exit code is 3 if a check fails.`;
