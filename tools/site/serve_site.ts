/** Serves the built site on loopback, as a host of static files does. */
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";

const SITE = new URL("../../site/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".md": "text/markdown",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".woff2": "font/woff2",
};

/** A server of the site. */
export interface SiteServer extends AsyncDisposable {
  /** The URL of the home page. */
  readonly url: string;
}

/**
 * Serves the site on a free port.
 *
 * @param base The path of the home page.
 */
export async function serveSite(base = "/"): Promise<SiteServer> {
  const server = createServer(async ({ url = "/" }, response) => {
    const path = decodeURI(new URL(url, "http://localhost").pathname);
    const name = path.endsWith("/") ? `${path}index.html` : path;
    try {
      if (!name.startsWith(base)) throw new Error("outside of the site");
      const body = await readFile(new URL(`.${name.slice(base.length - 1)}`, SITE));
      const type = TYPES[extname(name)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(body);
    } catch {
      const body = await readFile(new URL("404.html", SITE)).catch(() => "not found");
      response.writeHead(404, { "content-type": "text/html; charset=utf-8" }).end(body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${base}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
