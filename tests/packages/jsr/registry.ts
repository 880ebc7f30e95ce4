/** A registry on loopback that speaks JSR's protocol, for `deno publish` and Deno's loader. */
import { readTarball } from "./tarball.ts";

/** The token that may publish. */
export const TOKEN = "jsrp_loopback";

/** A published version of a package. */
export interface PublishedVersion {
  /** The entries and the files that they stand for, from the package's `deno.json`. */
  readonly exports: Readonly<Record<string, string>>;
  /** The files by their paths, which begin with a slash. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The checksums of the files, as `sha256-…`. */
  readonly checksums: ReadonlyMap<string, string>;
  /** The size of the upload in bytes. */
  readonly tarballSize: number;
}

/** A running registry. */
export interface Registry extends AsyncDisposable {
  /** The value of `JSR_URL`. */
  readonly url: string;
  /** Creates a package, which authors do on the website. */
  create(name: string): void;
  /** Returns the version of a package that was published last, such as `@std/async@1.5.0`. */
  latest(name: string): string;
  /** Returns a published version, such as `@std/async@1.5.0`. */
  published(id: string): PublishedVersion;
}

interface Task {
  readonly id: string;
  readonly status: "pending" | "success" | "failure";
  readonly error?: { readonly code: string; readonly message: string };
}

/** A request that the registry rejects, with the code that JSR has for it. */
class Rejection extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

const CONTENT_TYPES: Record<string, string> = {
  ts: "text/typescript",
  js: "text/javascript",
  json: "application/json",
  md: "text/markdown",
};

/** Starts a registry without packages. */
export function startRegistry(): Registry {
  const packages = new Map<string, Map<string, PublishedVersion>>();
  const tasks = new Map<string, Task>();
  // Tasks are processed one after another, after the upload was answered, as in JSR.
  let processing: Promise<void> = Promise.resolve();

  const answer = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    const api = pathname.match(
      /^\/api\/scopes\/([^/]+)\/packages\/([^/]+)(?:\/versions\/([^/]+))?$/,
    );
    if (api !== null) {
      const [, scope, name, version] = api;
      const versions = packages.get(`@${scope}/${name}`);
      if (versions === undefined) throw new Rejection(404, "packageNotFound", "Not found");
      if (request.method !== "POST") {
        const exists = version === undefined || versions.has(version);
        if (!exists) throw new Rejection(404, "packageVersionNotFound", "Not found");
        return Response.json({ scope, name, version });
      }
      return await receive(
        request,
        `@${scope}/${name}`,
        version!,
        searchParams.get("config") ?? "",
      );
    }
    const status = pathname.match(/^\/api\/publish_status\/(.+)$/);
    if (status !== null) {
      // A client that polls sees the result of its upload at the latest with the second request.
      await processing;
      const task = tasks.get(status[1]!);
      if (task === undefined) throw new Rejection(404, "publishNotFound", "Not found");
      return Response.json(task);
    }
    return serve(request, pathname);
  };

  /** Accepts an upload, and checks it afterwards. */
  const receive = async (
    request: Request,
    name: string,
    version: string,
    config: string,
  ): Promise<Response> => {
    if (request.headers.get("authorization") !== `Bearer ${TOKEN}`) {
      throw new Rejection(401, "missingAuthentication", "Unauthorized");
    }
    if (request.headers.get("content-encoding") !== "gzip") {
      throw new Rejection(400, "malformedRequest", "The upload must be gzipped");
    }
    const bytes = await request.bytes();
    const task: Task = { id: crypto.randomUUID(), status: "pending" };
    if (packages.get(name)!.has(version)) {
      const done: Task = { ...task, status: "success" };
      return Response.json(
        { code: "duplicateVersionPublish", message: "Already published", task: done },
        { status: 409 },
      );
    }
    tasks.set(task.id, task);
    processing = processing.then(async () => {
      try {
        packages.get(name)!.set(version, await checkUpload(bytes, name, version, config));
        tasks.set(task.id, { ...task, status: "success" });
      } catch (error) {
        const { code = "internal", message } = error as Partial<Rejection> & Error;
        tasks.set(task.id, { ...task, status: "failure", error: { code, message } });
      }
    });
    return Response.json(task);
  };

  const checkUpload = async (
    bytes: Uint8Array,
    name: string,
    version: string,
    config: string,
  ): Promise<PublishedVersion> => {
    const files = await readTarball(bytes);
    const text = files.get(config);
    if (text === undefined) throw new Rejection(400, "missingConfigFile", `No file ${config}`);
    const parsed = JSON.parse(new TextDecoder().decode(text));
    if (parsed.name !== name || parsed.version !== version) {
      throw new Rejection(400, "configFileNameMismatch", `${config} has another name or version`);
    }
    if (!parsed.license) throw new Rejection(400, "missingLicense", `${config} has no license`);
    const exports: Record<string, string> = typeof parsed.exports === "string"
      ? { ".": parsed.exports }
      : parsed.exports;
    for (const [key, path] of Object.entries(exports)) {
      if (!files.has(path.slice(1))) {
        throw new Rejection(400, "configFileExportsInvalid", `No file ${path} for ${key}`);
      }
    }
    const folded = new Set([...files.keys()].map((path) => path.toLowerCase()));
    if (folded.size < files.size) {
      throw new Rejection(400, "caseInsensitiveDuplicatePath", "Two paths differ only in case");
    }
    const checksums = new Map<string, string>();
    for (const [path, content] of files) checksums.set(path, `sha256-${await sha256(content)}`);
    return { exports, files, checksums, tarballSize: bytes.length };
  };

  /** Serves the metadata and the files of packages. */
  const serve = (request: Request, pathname: string): Response => {
    const path = decodeURIComponent(pathname).match(/^\/(@[^/]+\/[^/]+)\/(.+)$/);
    const versions = path === null ? undefined : packages.get(path[1]!);
    if (versions === undefined) throw new Rejection(404, "notFound", "Not found");
    // Browsers get the pages of the website, and loaders get the files.
    if (request.headers.get("accept")?.includes("text/html")) {
      return new Response("<!doctype html><title>JSR</title>", {
        headers: { "content-type": "text/html" },
      });
    }
    const rest = path![2]!;
    if (rest === "meta.json") {
      const [scope, name] = path![1]!.slice(1).split("/");
      return Response.json({
        scope,
        name,
        latest: [...versions.keys()].at(-1) ?? null,
        versions: Object.fromEntries([...versions.keys()].map((version) => [version, {}])),
      });
    }
    const meta = rest.match(/^([^/]+)_meta\.json$/);
    if (meta !== null) {
      const version = versions.get(meta[1]!);
      if (version === undefined) throw new Rejection(404, "notFound", "Not found");
      const manifest = Object.fromEntries(
        [...version.files].map(([path, content]) => [
          path,
          { size: content.length, checksum: version.checksums.get(path) },
        ]),
      );
      return Response.json({ exports: version.exports, manifest });
    }
    const [, version, file] = rest.match(/^([^/]+)(\/.+)$/) ?? [];
    const content = versions.get(version ?? "")?.files.get(file ?? "");
    if (content === undefined) throw new Rejection(404, "notFound", "Not found");
    const type = CONTENT_TYPES[file!.split(".").at(-1)!] ?? "application/octet-stream";
    return new Response(content as Uint8Array<ArrayBuffer>, { headers: { "content-type": type } });
  };

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    try {
      return await answer(request);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      const { status, code, message } = error;
      return Response.json({ code, message }, { status });
    }
  });

  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    create(name) {
      if (!packages.has(name)) packages.set(name, new Map());
    },
    latest: (name) => `${name}@${[...packages.get(name)!.keys()].at(-1)}`,
    published(id) {
      const [, name, version] = id.match(/^(@.+)@(.+)$/)!;
      const found = packages.get(name!)?.get(version!);
      if (found === undefined) throw new RangeError(`Cannot find ${id}: it was not published`);
      return found;
    },
    async [Symbol.asyncDispose]() {
      await processing;
      await server.shutdown();
    },
  };
}

/** Returns the SHA-256 of bytes in hexadecimal digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return new Uint8Array(digest).toHex();
}
