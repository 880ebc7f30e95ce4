/** Binds a server to a port of 127.0.0.1 at once, so that its address is known without a wait. */
import net, { type AddressInfo, type Server } from "node:net";
import { getSystemErrorName } from "node:util";

const HOST = "127.0.0.1";

/**
 * Creates a bound handle, or returns the number of an error. Node and Deno have it for clusters.
 * Their `listen` looks up the host first, even an IP address, and binds a turn later. Bun has no
 * such function, and its `listen` binds at once.
 */
type CreateHandle = (address: string, port: number, addressType: 4) => object | number;

/**
 * Starts to listen, and returns the port.
 *
 * @param port The port; 0 chooses a free one.
 * @throws {Error} With the code `EADDRINUSE` if the port is taken.
 */
export function bindPort(server: Server, port: number): number {
  // A failure is thrown below. Later errors are failed accepts: others may succeed.
  server.on("error", () => {});
  const createHandle = (net as { readonly _createServerHandle?: CreateHandle })._createServerHandle;
  let code = "EADDRINUSE";
  if (createHandle === undefined) server.listen({ host: HOST, port });
  else {
    const handle = createHandle(HOST, port, 4);
    if (typeof handle === "number") code = getSystemErrorName(handle);
    else server.listen(handle);
  }
  const address = server.address() as AddressInfo | null;
  if (address !== null) return address.port;
  throw Object.assign(
    new Error(
      `Cannot listen on port ${port} of ${HOST} as it is taken or not allowed (${code}): ` +
        "choose another port, or 0 for a free one",
    ),
    { code },
  );
}
