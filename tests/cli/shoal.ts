/** The command line for Node and Bun, where packages have such a file as their executable. */
import { main } from "@shoal/agents/cli";

void main();
