import type { MiddlewareHandler } from "hono";
import type { Env } from "../service.ts";

/** Selects the format of OpenAI's errors, and sets the header with the time until the response. */
export const useOpenAIFormat: MiddlewareHandler<Env> = async (c, next) => {
  const began = performance.now();
  c.set("openai", true);
  await next();
  c.res.headers.set("openai-processing-ms", String(Math.round(performance.now() - began)));
};
