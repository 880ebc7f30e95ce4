/** Where no provider is named: OpenAI with the keys of the environment, loaded when it is first needed. */
import { setDefaultProvider } from "./call/options/config.ts";

// Called by a reaction that is registered here, outside of every call: `import()` would hand the asynchronous context of the call
// that needs it first to whatever the runtime does next.
const wanted = Promise.withResolvers<void>();
const loading = wanted.promise.then(() => import("./providers/openai/openai.ts"));

setDefaultProvider(async () => {
  wanted.resolve();
  const { openai } = await loading;
  return openai();
});
