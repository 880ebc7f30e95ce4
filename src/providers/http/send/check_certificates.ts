import { X509Certificate } from "node:crypto";
import { certificateError } from "./certificate_error.ts";

/**
 * Checks certificates that Node and Bun would otherwise ignore.
 *
 * @throws {ProviderError} If one cannot be read.
 */
export function checkCertificates(caCerts: readonly string[]): void {
  for (const pem of caCerts) {
    try {
      new X509Certificate(pem);
    } catch (cause) {
      throw certificateError(cause);
    }
  }
}
