/** Where no provider is named: OpenAI with the keys of the environment, loaded when it is first needed. */
import { setDefaultProvider } from "./agent/config.ts";

setDefaultProvider(async () => (await import("./providers/openai.ts")).openai());
