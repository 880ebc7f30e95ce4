import tls from "node:tls";
import { checkCertificates } from "../check_certificates.ts";
import type { ConnectorOptions } from "./undici.ts";

/**
 * Returns the options that trust certificates besides the default ones, which Node's `ca` option
 * would replace. The context is created once: each connection would otherwise parse all of them.
 */
export function trustCertificates(caCerts: readonly string[] | undefined): ConnectorOptions {
  if (caCerts === undefined || caCerts.length === 0) return {};
  checkCertificates(caCerts);
  const { getCACertificates, rootCertificates } = tls as Partial<typeof tls>;
  // Those of NODE_EXTRA_CA_CERTS and of the system are only in the list of newer versions.
  const ca = [...(getCACertificates?.("default") ?? rootCertificates ?? []), ...caCerts];
  return { ca, secureContext: tls.createSecureContext({ ca }) };
}
