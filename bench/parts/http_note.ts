/** How agents over HTTP are measured. */
export const HTTP_NOTE =
  "Model server, server and callers are processes of their own; CPU and memory are the server's.";
