/** Calls an agent with what the form says, and shows what comes as it comes. */
export const CALL_SCRIPT = String.raw`
(() => {
  const form = document.getElementById("call");
  if (!form) return;
  const byId = (id) => document.getElementById(id);
  const state = byId("call-state"), stop = byId("stop"), output = byId("output");
  const happened = byId("happened"), link = byId("run-link");
  const runs = link.getAttribute("href");
  let abort;

  const say = (text, kind = "") => {
    state.textContent = text;
    state.className = kind;
  };
  const tell = (text) => {
    const item = document.createElement("li");
    item.textContent = text;
    happened.append(item);
  };
  const plural = (n, word) => n + " " + word + (n === 1 ? "" : "s");
  const span = (ms) => ms < 1000 ? Math.round(ms) + " ms" : (ms / 1000).toFixed(1) + " s";

  const dollars = (usd) => usd > 0 && usd < 0.0001 ? "<$0.0001" : "$" + usd.toFixed(4);

  class Unfit extends Error {}

  const json = (field, text) => {
    try {
      return JSON.parse(text);
    } catch {
      field.setAttribute("aria-invalid", "true");
      field.focus();
      throw new Unfit(field.name + " must be JSON");
    }
  };

  const params = () => {
    const all = {};
    for (const field of form.elements) {
      const { kind } = field.dataset;
      if (!kind) continue;
      field.removeAttribute("aria-invalid");
      if (kind === "whole") return json(field, field.value);
      if (kind === "flag") all[field.name] = field.checked;
      else if (kind === "text") all[field.name] = field.value;
      else if (field.value === "") continue;
      else if (kind === "number") all[field.name] = Number(field.value);
      else if (kind === "json") all[field.name] = json(field, field.value);
      else all[field.name] = field.value;
    }
    return all;
  };

  const textOf = (content) => typeof content === "string" ? content : JSON.stringify(content, null, 2);

  const problem = ({ code, detail, message, issues = [] }) => {
    say("Failed: " + code, "bad");
    tell(detail || message || code);
    for (const { message, path = [] } of issues) tell([...path, message].join(": ").replace(": ", " "));
  };

  const show = (event) => {
    switch (event.type) {
      case "delta":
        output.append(event.text);
        output.scrollTop = output.scrollHeight;
        break;
      case "retry":
      case "fallback":
        output.textContent = "";
        tell((event.type === "retry" ? "Tried again" : "Asked another model") + " after: " + event.error.code);
        break;
      case "tool-start":
        tell("Tool " + (event.name || event.tool || "") + " began");
        break;
      case "tool-end":
        tell("Tool " + (event.name || event.tool || "") + (event.error ? " failed" : " ended"));
        break;
      case "result": {
        const { ok, content, usage, cost, durationMs, error } = event.result;
        if (!ok) return problem(error);
        output.textContent = textOf(content);
        const price = cost ? ", " + dollars(cost.total) : "";
        say("Done in " + span(durationMs) + ", " + plural(usage.totalTokens, "token") + price, "good");
        break;
      }
      case "error":
        problem(event);
    }
  };

  const read = async (body) => {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        const data = event.split("\n").find((line) => line.startsWith("data: "));
        if (data) show(JSON.parse(data.slice(6)));
      }
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (abort) return;
    output.textContent = happened.textContent = "";
    byId("answer").hidden = false;
    link.hidden = true;
    abort = new AbortController();
    stop.disabled = false;
    try {
      const body = JSON.stringify(params());
      say("Running…");
      const response = await fetch(form.action, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        signal: abort.signal,
      });
      link.href = runs + encodeURIComponent(response.headers.get("x-request-id") || "");
      link.hidden = false;
      if (response.ok) await read(response.body);
      else problem(await response.json());
    } catch (error) {
      if (error.name === "AbortError") say("Stopped", "warn");
      else say(error instanceof Unfit ? error.message : "The connection broke off", "bad");
    } finally {
      abort = undefined;
      stop.disabled = true;
    }
  });
  stop.addEventListener("click", () => abort && abort.abort());
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
})();
`;
