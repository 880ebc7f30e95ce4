/** A module that ends its process or worker. */
import process from "node:process";

process.exit(3);
