/** Calls an agent with the values of the form and shows the answer as it is streamed. */
export const CALL_SCRIPT = String.raw`
(() => {
  const form = document.getElementById("call");
  if (!form) return;
  const byId = (id) => document.getElementById(id);
  const state = byId("call-state"), stop = byId("stop"), output = byId("output");
  const log = byId("call-log"), link = byId("run-link");
  const runs = link.getAttribute("href");
  let abort;

  const setState = (text, kind = "") => {
    state.textContent = text;
    state.className = kind;
  };
  const addToLog = (text) => {
    const item = document.createElement("li");
    item.textContent = text;
    log.append(item);
  };
  const plural = (n, word) => n + " " + word + (n === 1 ? "" : "s");
  const formatDuration = (ms) => ms < 1000 ? Math.round(ms) + " ms" : (ms / 1000).toFixed(1) + " s";

  const formatDollars = (usd) => usd > 0 && usd < 0.0001 ? "<$0.0001" : "$" + usd.toFixed(4);

  // Integers that a number cannot hold keep their digits, in browsers that can do it.
  const keepDigits = (name, value, context) => {
    const digits = context && context.source;
    const isLong = typeof value === "number" && /^-?\d{16,}$/.test(digits);
    return isLong && JSON.rawJSON && String(value) !== digits ? JSON.rawJSON(digits) : value;
  };
  const readJson = (text) => JSON.parse(text, keepDigits);
  const readNumber = (text) => /^-?[1-9]\d*$/.test(text) ? readJson(text) : Number(text);

  class InputError extends Error {}

  const parseJson = (field, text) => {
    try {
      return readJson(text);
    } catch {
      field.setAttribute("aria-invalid", "true");
      field.focus();
      throw new InputError(field.name + " must be JSON");
    }
  };

  const readParams = () => {
    const params = {};
    for (const field of form.elements) {
      const { kind } = field.dataset;
      if (!kind) continue;
      field.removeAttribute("aria-invalid");
      if (kind === "params") return parseJson(field, field.value);
      if (kind === "flag") params[field.name] = field.checked;
      else if (kind === "text") params[field.name] = field.value;
      else if (field.value === "") continue;
      else if (kind === "number") params[field.name] = readNumber(field.value);
      else if (kind === "json") params[field.name] = parseJson(field, field.value);
      else params[field.name] = field.value;
    }
    return params;
  };

  const textOf = (content) =>
    typeof content === "string" ? content : JSON.stringify(content, null, 2);

  const showProblem = ({ code, detail, message, issues = [] }) => {
    setState("Failed: " + code, "bad");
    addToLog(detail || message || code);
    for (const { message, path = [] } of issues) {
      addToLog([...path, message].join(": ").replace(": ", " "));
    }
  };

  const showEvent = (event) => {
    switch (event.type) {
      case "delta":
        output.append(event.text);
        output.scrollTop = output.scrollHeight;
        break;
      case "retry":
      case "fallback":
        output.textContent = "";
        addToLog(
          (event.type === "retry" ? "Retry" : "Fallback to another model") +
            " after: " + event.error.code,
        );
        break;
      case "tool-start":
        addToLog("Tool " + (event.name || event.tool || "") + " started");
        break;
      case "tool-end":
        addToLog("Tool " + (event.name || event.tool || "") + (event.error ? " failed" : " ended"));
        break;
      case "result": {
        const { ok, content, usage, cost, durationMs, error } = event.result;
        if (!ok) return showProblem(error);
        output.textContent = textOf(content);
        const source = cost && cost.source === "server" ? " (reported by the server)" : "";
        const price = cost ? ", " + formatDollars(cost.total) + source : "";
        const tokens = plural(usage.totalTokens, "token");
        setState("Done in " + formatDuration(durationMs) + ", " + tokens + price, "good");
        break;
      }
      case "error":
        showProblem(event);
    }
  };

  const readEvents = async (body) => {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        const data = event.split("\n").find((line) => line.startsWith("data: "));
        if (data) showEvent(readJson(data.slice(6)));
      }
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (abort) return;
    output.textContent = log.textContent = "";
    byId("answer").hidden = false;
    link.hidden = true;
    abort = new AbortController();
    stop.disabled = false;
    try {
      const body = JSON.stringify(readParams());
      setState("Running…");
      const response = await fetch(form.action, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        signal: abort.signal,
      });
      link.href = runs + encodeURIComponent(response.headers.get("x-request-id") || "");
      link.hidden = false;
      if (response.ok) await readEvents(response.body);
      else showProblem(await response.json());
    } catch (error) {
      if (error.name === "AbortError") setState("Stopped", "warn");
      else setState(error instanceof InputError ? error.message : "The connection was lost", "bad");
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
