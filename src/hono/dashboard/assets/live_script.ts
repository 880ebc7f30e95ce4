/**
 * Updates a page live: changed regions arrive as HTML and are merged into the page node by node, so
 * that focus and selection are kept.
 */
export const LIVE_SCRIPT = String.raw`
(() => {
  const url = document.body.dataset.events;
  const state = document.getElementById("state");
  const pause = document.getElementById("pause");
  let source, timer, paused = false;

  const localTimes = (root) => {
    for (const time of root.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      time.textContent = at.toLocaleTimeString();
      time.title = at.toLocaleString();
    }
  };

  const keyOf = (node) => node.dataset && node.dataset.key;

  const morph = (from, to) => {
    const keys = new Set([...to.childNodes].map(keyOf).filter(Boolean));
    const byKey = new Map();
    for (const node of [...from.childNodes]) {
      const key = keyOf(node);
      if (key && !keys.has(key)) node.remove();
      else if (key) byKey.set(key, node);
    }
    let at = from.firstChild;
    for (const next of [...to.childNodes]) {
      const key = keyOf(next);
      const isAlike = at && !keyOf(at) && at.nodeName === next.nodeName;
      const same = key ? byKey.get(key) : isAlike ? at : null;
      if (!same) {
        from.insertBefore(next, at);
        continue;
      }
      if (same === at) at = at.nextSibling;
      else from.insertBefore(same, at);
      if (next.nodeType !== Node.ELEMENT_NODE) {
        if (same.nodeValue !== next.nodeValue) same.nodeValue = next.nodeValue;
        continue;
      }
      for (const { name } of [...same.attributes]) {
        if (!next.hasAttribute(name)) same.removeAttribute(name);
      }
      for (const { name, value } of next.attributes) {
        if (same.getAttribute(name) !== value) same.setAttribute(name, value);
      }
      morph(same, next);
    }
    while (at) {
      const rest = at;
      at = at.nextSibling;
      rest.remove();
    }
  };

  const setState = (text, kind) => {
    if (state.textContent !== text) state.textContent = text;
    state.className = kind;
  };

  const disconnect = () => {
    clearTimeout(timer);
    if (source) source.close();
    source = undefined;
  };

  const connect = () => {
    disconnect();
    if (paused || document.hidden) return;
    source = new EventSource(url);
    source.onopen = () => setState("Live", "good");
    source.onerror = () => {
      if (source && source.readyState !== EventSource.CLOSED) {
        return setState("Connecting…", "warn");
      }
      setState("Disconnected: reload the page to sign in", "bad");
      // The server may only be restarting.
      timer = setTimeout(connect, 5000);
    };
    source.addEventListener("regions", ({ data }) => {
      for (const [id, html] of Object.entries(JSON.parse(data))) {
        const place = document.getElementById(id);
        if (!place) continue;
        const template = document.createElement("template");
        template.innerHTML = html;
        localTimes(template.content);
        morph(place, template.content);
      }
    });
  };

  localTimes(document);
  if (!url) return;
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? "Resume" : "Pause";
    if (paused) setState("Paused", "warn");
    connect();
  });
  // A hidden page needs no updates.
  document.addEventListener("visibilitychange", connect);
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => event.persisted && connect());
  connect();
})();
`;
