/** The files API: uploaded files, and those that batches create. */
import { errorPlan, jsonPlan, missingParameter } from "./error_bodies.ts";
import type { HttpExchange } from "./http/http_exchange.ts";
import type { ResponsePlan } from "./response_plan.ts";

/** A stored file. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  readonly createdAt: number;
  readonly text: string;
}

const PATH = /^\/v1\/files(?:\/([\w-]+)(\/content)?)?$/;

/** Stores files in memory. */
export class FileStore {
  readonly #files = new Map<string, StoredFile>();

  /** Returns the file with this id. */
  get(id: unknown): StoredFile | undefined {
    return typeof id === "string" ? this.#files.get(id) : undefined;
  }

  /** Stores a text as a file. */
  add(name: string, purpose: string, text: string): StoredFile {
    const id = `file-sim${this.#files.size}`;
    const file = { id, name, purpose, createdAt: Math.floor(Date.now() / 1000), text };
    this.#files.set(id, file);
    return file;
  }

  /** Plans the response to a request of the files API; `undefined` for any other request. */
  plan(exchange: HttpExchange): ResponsePlan | Promise<ResponsePlan> | undefined {
    const [path, id, content] = PATH.exec(exchange.path) ?? [];
    if (path === undefined) return undefined;
    const { method } = exchange;
    if (id === undefined) {
      if (method === "POST") return this.#upload(exchange);
      if (method === "GET") {
        return jsonPlan(200, listObject([...this.#files.values()].map(fileObject)));
      }
      return undefined;
    }
    const file = this.#files.get(id);
    if (file === undefined) {
      return errorPlan(404, { message: `No such File object: ${id}`, param: "id" });
    }
    if (method === "DELETE") {
      this.#files.delete(id);
      return jsonPlan(200, { id, object: "file", deleted: true });
    }
    if (method !== "GET") return undefined;
    if (content === undefined) return jsonPlan(200, fileObject(file));
    return jsonPlan(200, file.text, { "content-type": "application/octet-stream" });
  }

  async #upload({ body, headers }: HttpExchange): Promise<ResponsePlan> {
    let form: FormData;
    try {
      const type = headers["content-type"] ?? "";
      form = await new Response(body, { headers: { "content-type": type } }).formData();
    } catch {
      return errorPlan(400, { message: "We could not parse the multipart form of your request." });
    }
    const [file, purpose] = [form.get("file"), form.get("purpose")];
    if (!(file instanceof File)) return missingParameter("file", "'file' is a required property");
    if (typeof purpose !== "string") {
      return missingParameter("purpose", "'purpose' is a required property");
    }
    return jsonPlan(200, fileObject(this.add(file.name, purpose, await file.text())));
  }
}

/** Returns a list object, as OpenAI formats it. */
export function listObject(data: readonly unknown[]): unknown {
  return { object: "list", data, has_more: false };
}

function fileObject({ id, name, purpose, createdAt, text }: StoredFile): unknown {
  return {
    id,
    object: "file",
    bytes: new TextEncoder().encode(text).length,
    created_at: createdAt,
    filename: name,
    purpose,
    status: "processed",
  };
}
