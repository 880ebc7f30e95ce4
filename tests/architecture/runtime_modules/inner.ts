export { rootCertificates } from "node:tls";
