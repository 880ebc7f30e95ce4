/** Sets the default provider: OpenAI with the API key of the environment, loaded on first use. */
import { setDefaultProvider } from "./call/options/config.ts";

// The import runs in a reaction that is registered here, outside of every call. Otherwise
// `import()` would pass the asynchronous context of the first call on to whatever the runtime does
// next.
const firstUse = Promise.withResolvers<void>();
const loading = firstUse.promise.then(() => import("./providers/openai/openai.ts"));

setDefaultProvider(async () => {
  firstUse.resolve();
  const { openai } = await loading;
  return openai();
});
