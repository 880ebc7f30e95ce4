/** The files that `shoal init` writes. */

/** A file that `shoal init` writes. */
export interface InitFile {
  /** Its name. */
  readonly name: string;
  /** What it is, for the user. */
  readonly description: string;
  /** Its content. */
  readonly text: string;
}

const SCHEMA = {
  type: "object",
  properties: {
    label: { type: "string", enum: ["positive", "neutral", "negative"] },
    reason: { type: "string", description: "The reason, in at most ten words." },
  },
  required: ["label", "reason"],
  additionalProperties: false,
};

const REVIEWS: readonly string[] = [
  "I love this kettle, it boils in a minute and looks great.",
  "Broke after two days. Never again.",
  "It is okay, does what it says.",
  "The zip jammed on day one, and nobody answers my mails.",
  '"Best headphones" said my brother, and he is right!',
  "Arrived late; the colour is nice, though.",
];

/** The name of the file with the agent, without its extension. */
const AGENTS = "agents";
/** The name of the file with the rows. */
export const ROWS_FILE = "reviews.csv";
const SCHEMA_FILE = "label.schema.json";

/** The name of the agent that the file exports. */
export const AGENT_NAME = "Label";

/**
 * Returns the files: the one with the agents is the first.
 *
 * @param options.specifier What the agents import the package by.
 * @param options.extension The extension of the file with the agents. Its code is both TypeScript
 * and JavaScript.
 */
export function initFiles(
  { specifier, extension }: { readonly specifier: string; readonly extension: string },
): readonly [InitFile, ...InitFile[]] {
  return [
    {
      name: AGENTS + extension,
      description: "an agent that labels reviews",
      text: `import { defineAgent } from ${JSON.stringify(specifier)};
import schema from "./${SCHEMA_FILE}" with { type: "json" };

/** Labels a review, and gives the reason. */
export const ${AGENT_NAME} = defineAgent({
  name: "label",
  model: "gpt-5-mini",
  system: "Label the sentiment of the review.",
  prompt: "Review: {text}",
  output: schema,
});
`,
    },
    {
      name: SCHEMA_FILE,
      description: "the JSON Schema of its answers",
      text: JSON.stringify(SCHEMA, null, 2) + "\n",
    },
    {
      name: ROWS_FILE,
      description: `${REVIEWS.length} reviews to label`,
      text: ["id,text", ...REVIEWS.map((text, i) => `${i + 1},${quoteField(text)}`)]
        .map((line) => line + "\n").join(""),
    },
  ];
}

function quoteField(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
