/** The note on how agents over HTTP are measured. */
export const HTTP_NOTE =
  "Model server, server and clients run in separate processes; CPU and memory are the server's.";
