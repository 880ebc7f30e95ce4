/** A module that ends its process or worker. */
Deno.exit(3);
