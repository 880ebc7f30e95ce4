/** Agents for the tests of numbers that a JavaScript number cannot hold. */
import { type Agent, defineAgent } from "@shoal/agents";
import { z } from "zod";

const Numbers_ = z.object({ id: z.number(), price: z.number() });

export const Numbers: Agent<{ id: number; price: number }, { id: number; price: number }> =
  defineAgent({
    name: "numbers",
    model: "gpt-5-mini",
    params: Numbers_,
    prompt: "id {id} costs {price}",
    output: Numbers_,
  });

export const Computed: Agent<{ id: unknown; price: number }, unknown> = defineAgent({
  name: "computed",
  run: async (params: { id: unknown; price: number }) => {
    const { id } = params;
    if (!["bigint", "number"].includes(typeof id)) throw new Error(`id is a ${typeof id}`);
    return await Promise.resolve({ text: `id ${id}`, params });
  },
});
