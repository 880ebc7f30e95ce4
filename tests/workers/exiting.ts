/** A module that ends whoever loads it. */
Deno.exit(3);
