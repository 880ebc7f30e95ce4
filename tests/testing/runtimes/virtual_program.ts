/** Uses virtual time and the providers in memory, and prints what happened. */
import { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import { defineAgent } from "@shoal/agents";
import { scripted, virtualProvider, virtualTime } from "@shoal/agents/testing";
import { report } from "./program.ts";

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const names = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] as const;
const globals = () => [...names.map((name) => globalThis[name]), performance.now, Math.random];
const untouched = globals();
const isRestored = () => globals().every((value, i) => value === untouched[i]);

await report({
  "an hour at once": async () => {
    const time = virtualTime();
    const hours = await time.run(async () => {
      const [date, now] = [Date.now(), performance.now()];
      await sleep(3_600_000);
      return [Date.now() - date, performance.now() - now, new Date().getTime() - date];
    });
    return [hours, time.now, time.pending, isRestored()];
  },
  "order": async () => {
    const seen: string[] = [];
    await virtualTime().run(async () => {
      for (const [ms, name] of [[30, "d"], [10, "a"], [30, "e"], [10, "b"], [20, "c"]] as const) {
        setTimeout(() => seen.push(name), ms);
      }
      await sleep(30);
    });
    return seen.join("");
  },
  "async context": async () => {
    const storage = new AsyncLocalStorage<string>();
    return await virtualTime().run(() =>
      storage.run("mine", async () => {
        let seen: unknown;
        setTimeout(() => seen = storage.getStore(), 10);
        await sleep(20);
        return [seen, storage.getStore()];
      })
    );
  },
  "the clock waits for work without timers": async () => {
    const time = virtualTime();
    return await time.run(async () => {
      const late = sleep(1);
      for (let i = 0; i < 1_000; i++) await null;
      await new Promise((resolve) => process.nextTick(resolve));
      for (let i = 0; i < 1_000; i++) await null;
      const now = time.now;
      await late;
      for (let i = 0; i < 1_000; i++) await null;
      return [now, time.now];
    });
  },
  "a timer that fires causes work before the next": async () => {
    const seen: string[] = [];
    await virtualTime().run(async () => {
      setTimeout(async () => {
        for (let i = 0; i < 100; i++) await null;
        process.nextTick(() => seen.push("work"));
      }, 5);
      setTimeout(() => seen.push("next"), 5);
      await sleep(10);
    });
    return seen;
  },
  "AbortSignal.timeout": () => {
    return virtualTime().run(async () => {
      const began = Date.now();
      const signal = AbortSignal.timeout(60_000);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return [Date.now() - began, (signal.reason as Error).name];
    });
  },
  "intervals, clear by number, tick": async () => {
    using time = virtualTime();
    let count = 0;
    const every = setInterval(() => count++, 100);
    await time.tick(1_000);
    clearInterval(Number(every));
    await time.tick(1_000);
    return [count, time.now, time.pending];
  },
  "real work": () => {
    return virtualTime().run(async () => {
      const { readFile } = await import("node:fs/promises");
      return (await readFile(process.argv[1]!, "utf8")).length > 0;
    });
  },
  "nothing left to wait for": async () => {
    const reason = await virtualTime({ patience: 50 }).run(() => new Promise(() => {}))
      .catch((error: Error) => error.message.slice(0, 60));
    return [reason, isRestored()];
  },
  "a timer that throws": async () => {
    const reason = await virtualTime().run(async () => {
      setTimeout(() => {
        throw new Error("mine");
      }, 5);
      await sleep(10);
    }).catch((error: Error) => error.message);
    return [reason, isRestored()];
  },
  "a real timer is cleared during it": () => {
    const real = setTimeout(() => console.log("the timer fired"), 10_000);
    using _time = virtualTime();
    clearTimeout(real);
    return true;
  },
  "an agent of a virtual provider": async () => {
    const provider = virtualProvider({
      latency: 1_000,
      limits: { requestsPerMinute: 60 },
      seed: 1,
    });
    const agent = defineAgent({ name: "a", model: "m", prompt: "{text}", provider, retries: 5 });
    const time = virtualTime({ seed: 1 });
    const results = await time.run(() =>
      Promise.all(Array.from({ length: 100 }, (_, text) => agent.call({ text })))
    );
    return [results.length, results[7]!.content, time.now > 30_000, time.pending];
  },
  "scripted": async () => {
    const provider = scripted(["one", "two"], { latency: 5 });
    const agent = defineAgent({ name: "a", model: "m", prompt: "{text}", provider });
    const first = await agent.call({ text: "x" });
    const second = await agent.call({ text: "y" });
    return [first.content, second.content, provider.calls, provider.requests.length];
  },
  "scripted in virtual time": async () => {
    const provider = scripted("late", { latency: 3_600_000 });
    const agent = defineAgent({ name: "a", model: "m", prompt: "x", provider, timeout: 1e9 });
    const time = virtualTime();
    const { content } = await time.run(() => agent.call({}));
    return [content, time.now];
  },
});
