#!/usr/bin/env node
// Old versions of Node can read this file, and so report what is wrong.
const { node, bun } = process.versions;
if (bun === undefined && Number(node.split(".")[0]) < 22) {
  console.error("Shoal needs Node 22 or later: this is " + node);
  process.exitCode = 2;
} else {
  import("../dist/cli.js").then(({ main }) => main());
}
