/** Proxies in front of a server, for tests of what requests look like behind them. */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { closedPort, connect } from "../sockets.ts";
import { spawn } from "../spawn.ts";
import { makeTempFolder } from "../temp_folder.ts";
import { waitUntil } from "./helpers.ts";

/** A running proxy. */
export interface Proxy extends AsyncDisposable {
  readonly url: string;
}

/** The path of nginx, if it is installed (`apt-get install nginx-light`). */
export const nginx: string | undefined = ["/usr/sbin", ...(process.env.PATH ?? "").split(":")]
  .map((folder) => `${folder}/nginx`)
  .find((path) => existsSync(path));

/** Starts nginx with a bare `proxy_pass`, as in the first example of most guides. */
export async function startNginx(port: number): Promise<Proxy> {
  const folder = await makeTempFolder("shoal-nginx-");
  const own = await closedPort();
  for (const name of ["body", "proxy", "fastcgi", "uwsgi", "scgi"]) {
    await mkdir(join(folder, name));
  }
  const config = join(folder, "nginx.conf");
  await writeFile(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi;
      scgi_temp_path ${folder}/scgi;
      server { listen 127.0.0.1:${own}; location / { proxy_pass http://127.0.0.1:${port}; } }
    }`,
  );
  const child = spawn(nginx!, { args: ["-c", config, "-p", folder] });
  const output = child.output();
  let isOpen = false;
  const knock = async () => {
    while (!isOpen) {
      await connect(own).then((connection) => {
        isOpen = true;
        connection.close();
      }, () => new Promise((resolve) => setTimeout(resolve, 10)));
    }
  };
  void knock();
  await waitUntil(() => isOpen, "nginx listens", 20_000);
  return {
    url: `http://127.0.0.1:${own}`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await output;
      await rm(folder, { recursive: true });
    },
  };
}

/**
 * Starts a small proxy that sends what nginx sends by default: the `Host` of the upstream, and no
 * header about the client.
 */
export async function startPlainProxy(port: number): Promise<Proxy> {
  const server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, host: `127.0.0.1:${port}`, connection: "close" };
    const { method, url: path } = incoming;
    const upstream = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      outgoing.writeHead(response.statusCode!, response.headers);
      response.pipe(outgoing);
    });
    incoming.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
