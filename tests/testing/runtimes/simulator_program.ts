/** Uses the simulator with the clients of Node, and prints what happened. */
import { readFileSync } from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import process from "node:process";
import { simulator } from "@shoal/agents/testing";
import { chat, outcome, report, say, until } from "./program.ts";

const certs = process.argv[2]!;
const tls = {
  cert: readFileSync(`${certs}/localhost.crt.pem`, "utf8"),
  key: readFileSync(`${certs}/localhost.key.pem`, "utf8"),
};
const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "Say 'grün'" }] });

/** Sends text over a bare connection. Returns what came back, and how the connection ended. */
function talk(port: number, text: string): Promise<{ text: string; ending: string }> {
  return new Promise((resolve) => {
    let received = "";
    let ending = "end";
    const socket = net.connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (bytes) => received += bytes);
    socket.on("error", (error: NodeJS.ErrnoException) => ending = error.code ?? error.message);
    socket.on("close", () => resolve({ text: received, ending }));
  });
}

const post = (headers: string) =>
  `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n${headers}` +
  `Content-Length: ${new TextEncoder().encode(body).length}\r\n\r\n`;

/** Sends a request over HTTPS. Returns the text of the answer. */
function sayOverHttps(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const request = https.request({
      port,
      host: "127.0.0.1",
      path: "/v1/chat/completions",
      method: "POST",
      ca: tls.cert,
      agent: false,
      servername: "localhost",
      headers: { "content-type": "application/json" },
    }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece) => text += piece);
      response.on("end", () => resolve(JSON.parse(text).choices[0].message.content));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Sends a request over a session. Returns the text of the answer, or `"reset"`. */
function sayOverHttp2(session: http2.ClientHttp2Session): Promise<string> {
  return new Promise((resolve) => {
    const stream = session.request({
      ":method": "POST",
      ":path": "/v1/chat/completions",
      "content-type": "application/json",
    });
    let text = "";
    stream.setEncoding("utf8");
    stream.on("data", (piece) => text += piece);
    stream.on("error", () => resolve("reset"));
    stream.on("end", () => {
      if (text !== "") resolve(JSON.parse(text).choices[0].message.content);
    });
    stream.end(body);
  });
}

async function withHttp2<T>(
  url: string,
  use: (session: http2.ClientHttp2Session) => Promise<T>,
): Promise<T> {
  const session = http2.connect(new URL(url).origin, { ca: tls.cert, servername: "localhost" });
  session.on("error", () => {});
  try {
    return await use(session);
  } finally {
    await new Promise<void>((resolve) => session.close(resolve));
  }
}

await report({
  "listens at once": async () => {
    await using sim = simulator();
    return sim.port > 0 && sim.url === `http://127.0.0.1:${sim.port}/v1`;
  },
  "rejects a port that is taken": async () => {
    await using sim = simulator();
    try {
      simulator({ port: sim.port });
      return "started";
    } catch (thrown) {
      const { code, message } = thrown as NodeJS.ErrnoException;
      return [code, message.includes(`port ${sim.port}`)];
    }
  },
  "frees its port": async () => {
    const first = simulator();
    await say(first.url, "Say 'one'");
    await first.close();
    await using second = simulator({ port: first.port });
    return [await say(second.url, "Say 'two'"), second.port === first.port];
  },
  "listens on 127.0.0.1 only": async () => {
    await using sim = simulator();
    const socket = net.connect(sim.port, "127.0.0.2");
    const connected = await new Promise((resolve) => {
      socket.on("connect", () => resolve(true));
      socket.on("error", () => resolve(false));
    });
    socket.destroy();
    return !connected;
  },
  "streams": async () => {
    await using sim = simulator({ chunkSize: 1 });
    const text = await (await chat(sim.url, "Say 'a b c'", { stream: true })).text();
    return [text.split("\n\n").length > 4, text.endsWith("data: [DONE]\n\n")];
  },
  "statuses": async () => {
    await using sim = simulator({ script: ["429", "503", "ok"] });
    const found = [];
    for (let i = 0; i < 3; i++) {
      const response = await chat(sim.url, "x");
      found.push(response.status, response.headers.get("retry-after-ms"));
      await response.text();
    }
    return found;
  },
  "resets": async () => {
    await using sim = simulator({ script: ["reset"] });
    return await talk(sim.port, post("") + body);
  },
  "half a body": async () => {
    await using sim = simulator({ script: ["resetBody"] });
    const { text, ending } = await talk(sim.port, post("") + body);
    const [head, half] = text.split("\r\n\r\n");
    const length = Number(/content-length: (\d+)/.exec(head!)![1]);
    return [head!.slice(0, 15), half!.length > 0 && half!.length < length, ending];
  },
  "slow headers": async () => {
    await using sim = simulator({ script: [{ type: "slowHeaders", ms: 100 }] });
    return await say(sim.url, "Say 'late'");
  },
  "Expect: 100-continue": async () => {
    await using sim = simulator();
    const { text } = await talk(
      sim.port,
      post("Connection: close\r\nExpect: 100-continue\r\n") + body,
    );
    return text.match(/HTTP\/1\.1 \d+/g);
  },
  "pipelined requests": async () => {
    await using sim = simulator({ latency: 5 });
    const one = post("") + body;
    const { text } = await talk(sim.port, one + one + post("Connection: close\r\n") + body);
    return [text.match(/"content":"grün"/g)?.length, sim.stats.connections];
  },
  "1,000 requests at once": async () => {
    await using sim = simulator({ latency: 300 });
    const texts = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => say(sim.url, `Say '${i}'`)),
    );
    await until(() => sim.stats.inFlight === 0);
    return [texts.every((text, i) => text === String(i)), sim.stats.requests];
  },
  "a client that disconnects": async () => {
    await using sim = simulator({ latency: 60_000 });
    const socket = net.connect(sim.port, "127.0.0.1", () => socket.write(post("") + body));
    socket.on("error", () => {});
    await until(() => sim.stats.inFlight === 1);
    socket.destroy();
    await until(() => sim.stats.aborted === 1);
    return sim.stats.inFlight;
  },
  "close ends what is pending": async () => {
    const sim = simulator({ latency: 60_000 });
    const pending = Array.from({ length: 50 }, () => outcome(say(sim.url, "x")));
    const idle = talk(sim.port, "");
    await until(() => sim.stats.inFlight === 50);
    await sim.close();
    await idle;
    return [new Set(await Promise.all(pending)).values().toArray(), sim.stats.inFlight];
  },
  "a client that does not read": async () => {
    await using sim = simulator({ respond: () => "x".repeat(8_000_000) });
    const socket = net.connect(sim.port, "127.0.0.1", () => socket.write(post("") + body));
    socket.on("error", () => {});
    await until(() => sim.stats.byStatus[200] === 1);
    return sim.stats.inFlight;
  },
  "large bodies": async () => {
    await using sim = simulator({ respond: ({ text }) => text });
    const content = "ä1".repeat(500_000);
    return (await say(sim.url, content)) === content;
  },
  "HTTPS": async () => {
    await using sim = simulator({ tls });
    const strangers = await Promise.all([
      outcome(fetch(`${sim.url}/models`)),
      talk(sim.port, "GET / HTTP/1.1\r\n\r\n").then(({ text }) => text.startsWith("HTTP/1.1 200")),
    ]);
    return [await sayOverHttps(sim.url), sim.stats.connections, ...strangers];
  },
  "HTTP/2": async () => {
    await using sim = simulator({ tls, latency: 100, maxConcurrentStreams: 10 });
    const texts = await withHttp2(sim.url, async (session) => {
      const first = await sayOverHttp2(session);
      return [
        first,
        ...await Promise.all(Array.from({ length: 30 }, () => sayOverHttp2(session))),
      ];
    });
    return [[...new Set(texts)], sim.stats.peakStreams, sim.stats.connections];
  },
  "HTTP/2: a reset stream": async () => {
    await using sim = simulator({ tls, script: ["reset", "ok"] });
    const texts = await withHttp2(
      sim.url,
      async (session) => [await sayOverHttp2(session), await sayOverHttp2(session)],
    );
    return [texts, sim.stats.connections];
  },
});
