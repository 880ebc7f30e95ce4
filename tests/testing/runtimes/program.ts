/** Helpers of the programs that run on other runtimes: they use nothing of a runtime. */

/** Runs the checks one after the other, and prints what each found, as JSON. */
export async function report(
  checks: Readonly<Record<string, () => unknown>>,
): Promise<void> {
  const found: Record<string, unknown> = {};
  for (const [name, check] of Object.entries(checks)) {
    try {
      found[name] = await check();
    } catch (thrown) {
      found[name] = `threw ${(thrown as Error).stack}`;
    }
  }
  console.log(JSON.stringify(found));
}

/** Posts a chat request. */
export function chat(
  base: string,
  content: string,
  more: Record<string, unknown> = {},
): Promise<Response> {
  return fetch(`${base}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content }], ...more }),
  });
}

/** Posts a chat request, and returns the text of the answer. */
export async function say(base: string, content: string): Promise<string> {
  return (await (await chat(base, content)).json()).choices[0].message.content;
}

/** Returns `"rejected"` if the promise is, or else the value. */
export function outcome<T>(promise: Promise<T>): Promise<T | "rejected"> {
  return promise.catch(() => "rejected" as const);
}

/** Waits until a condition is true, for up to 5 s. */
export async function until(test: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !test(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  if (!test()) throw new Error("The condition did not become true within 5 s");
}
