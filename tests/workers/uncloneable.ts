/** Agents whose results have values that cannot be cloned. */
import { type Agent, defineAgent } from "@shoal/agents";

export const Answers: Agent<unknown, unknown> = defineAgent({
  name: "answers",
  run: () => ({ fn: () => 1 }),
});

export const Beside: Agent<unknown, string> = defineAgent({
  name: "beside",
  run: async () => {
    await Inner.call({}, { metadata: { fn: () => 1 } });
    return "fine";
  },
});

const Inner = defineAgent({ name: "inner", run: () => 1 });
