/** Answers the prompts of the demo by its lexicon: the `respond` function of the simulator. */
import type { SimulatorRequest } from "@shoal/agents/testing";
import { answerTask, readTask } from "./review_task.ts";

/** Answers with a text, or with an object of one property where the request has a schema for it. */
export function answerReview({ messages, text, body }: SimulatorRequest): string {
  const system = messages.filter(({ role }) => role === "system")
    .map(({ content }) => String(content)).join("\n");
  const answer = answerTask(readTask(system, text));
  const format = body.response_format as ResponseFormat | undefined;
  const [property] = Object.keys(format?.json_schema?.schema?.properties ?? {});
  return property === undefined ? answer : JSON.stringify({ [property]: answer });
}

interface ResponseFormat {
  readonly json_schema?: { readonly schema?: { readonly properties?: object } };
}
