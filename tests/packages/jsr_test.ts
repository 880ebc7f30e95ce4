/** Publishes Shoal to a registry on loopback, and uses it from there as users do. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { simulator } from "@shoal/agents/testing";
import config from "../../deno.json" with { type: "json" };
import { AGENTS, ENTRY_PROGRAMS } from "./jsr/entry_programs.ts";
import { installWithNpm } from "./jsr/npm_layer.ts";
import { createProject, type Project } from "./jsr/project.ts";
import { publishShoal, publishStd } from "./jsr/publish.ts";
import { startRegistry } from "./jsr/registry.ts";
import { RUNTIMES } from "../runtimes/runtimes.ts";

/** The permissions of the command line, from the permission set of `deno task shoal`. */
const CLI_PERMISSIONS = [
  "--no-prompt",
  "--allow-net",
  `--allow-env=${config.permissions.shoal.env.join(",")}`,
  "--allow-read",
  "--allow-write",
];

/** Creates an empty project, and adds the package to it. */
async function addShoal(jsrUrl: string): Promise<Project> {
  const project = await createProject(jsrUrl);
  await project.output(["add", "jsr:@shoal/agents"]);
  return project;
}

Deno.test("Shoal installs and works from JSR", async (t) => {
  await using registry = startRegistry();
  registry.create("@std/async");
  await publishStd(registry, "async", { version: "1.4.0", without: ["./channel"] });
  // A project whose lock file and cache have a version of std without channels.
  await using older = await createProject(registry.url);
  await older.output(["add", "jsr:@std/async"]);
  assertStringIncludes(await older.read("deno.lock"), "@std/async@1.4.0");
  await publishShoal(registry);
  await using server = simulator();
  const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "key" };
  const id = `@shoal/agents@${config.version}`;

  await t.step("publishing resolves the import map", () => {
    const { files } = registry.published(id);
    const text = new TextDecoder().decode(files.get("/src/run/lanes.ts"));
    assertStringIncludes(text, `"${config.imports["@std/async"]}/channel"`);
    for (const [path, content] of files) {
      if (!path.startsWith("/src/")) continue;
      for (const [, specifier] of importsIn(new TextDecoder().decode(content))) {
        const isPublished = /^(\.{1,2}\/|node:|npm:|jsr:)/.test(specifier!);
        assertEquals(isPublished, true, `${path} imports ${specifier}`);
      }
    }
  });

  await t.step("deno add adds the package to an empty project", async () => {
    await using project = await addShoal(registry.url);
    const { imports } = JSON.parse(await project.read("deno.json"));
    assertEquals(imports, { "@shoal/agents": `jsr:@shoal/agents@^${config.version}` });
  });

  assertEquals(Object.keys(ENTRY_PROGRAMS).sort(), Object.keys(config.exports).sort());
  for (const [entry, { permissions, source, prints }] of Object.entries(ENTRY_PROGRAMS)) {
    const granted = permissions.join(" ") || "no permission";
    await t.step(`${entry} works in an empty project with ${granted}`, async () => {
      await using project = await createProject(registry.url);
      const imports = { "@shoal/agents": `jsr:@shoal/agents@^${config.version}` };
      await project.write("deno.json", JSON.stringify({ imports }));
      await project.write("agents.ts", AGENTS);
      await project.write("main.ts", source(server.url));
      const flags = ["--quiet", "--no-prompt", ...permissions];
      assertEquals((await project.output(["run", ...flags, "main.ts"], env)).trim(), prints);
      await project.output(["check", "main.ts"]);
    });
  }

  await t.step("a lock file and a cache with an older std do not break it", async () => {
    await older.output(["add", "jsr:@shoal/agents"]);
    await older.write("main.ts", ENTRY_PROGRAMS["."]!.source(server.url));
    const flags = ["--quiet", "--no-prompt", ...ENTRY_PROGRAMS["."]!.permissions];
    const printed = await older.output(["run", ...flags, "main.ts"], env);
    assertEquals(printed.trim(), ENTRY_PROGRAMS["."]!.prints);
  });

  await t.step("the command line runs rows of an agent of the project", async () => {
    await using project = await addShoal(registry.url);
    await project.write("agents.ts", AGENTS);
    await project.write("rows.jsonl", '{"text":"a"}\n{"text":"b"}\n');
    const cli = ["run", "--quiet", ...CLI_PERMISSIONS, "jsr:@shoal/agents/cli"];
    assertEquals((await project.output([...cli, "--version"])).trim(), config.version);
    const run = ["run", "agents.ts#Upper", "--in", "rows.jsonl", "--out", "out.jsonl", "--ordered"];
    await project.output([...cli, ...run, "--workers", "2"], env);
    const rows = (await project.read("out.jsonl")).trim().split("\n").map((row) => JSON.parse(row));
    assertEquals(rows, [{ text: "a", output: "A" }, { text: "b", output: "B" }]);
  });

  await t.step("the installed command runs rows, also of an agent", async () => {
    await using project = await createProject(registry.url);
    const install = ["install", "--quiet", "--global", "--name", "shoal", "--root", project.path];
    await project.output([...install, ...CLI_PERMISSIONS, "jsr:@shoal/agents/cli"]);
    const shoal = `${project.path}/bin/shoal`;
    await project.write("rows.jsonl", '{"text":"a"}\n{"text":"b"}\n');
    // No import map applies here, so the module names its packages with their registry.
    await project.write("agents.ts", AGENTS.replace('"@shoal', '"jsr:@shoal'));
    const run = ["run", "--in", "rows.jsonl", "--ordered", "--out"];
    await project.run(
      shoal,
      [...run, "out.jsonl", "--prompt", "Label: {text}", "--model", "m"],
      env,
    );
    assertStringIncludes(await project.read("out.jsonl"), '"Simulated answer to: Label: b"');
    await project.run(shoal, [...run, "upper.jsonl", "agents.ts#Upper"], env);
    assertStringIncludes(await project.read("upper.jsonl"), '"output":"B"');
    assertEquals((await project.run(shoal, ["doctor"], env)).includes("server"), true);
  });

  await t.step(
    "init writes an agent that imports this version, and prints commands that run",
    async () => {
      await using project = await createProject(registry.url);
      const out = await project.output(["run", "--quiet", "-A", "jsr:@shoal/agents/cli", "init"]);
      assertStringIncludes(await project.read("agents.ts"), `from "jsr:@shoal/agents@`);
      const [, simulated] = /^ {2}(deno run -A jsr:.+ --simulate .+)$/m.exec(out)!;
      const rows = await project.run("sh", ["-c", simulated!]);
      assertEquals(rows.trim().split("\n").length, 6);
    },
  );

  // The runtimes share the project, because making JSR's package takes longer than using it.
  await using projects = new AsyncDisposableStack();
  const createNpmProject = async (): Promise<Project> => {
    const project = projects.use(await createProject(registry.url));
    await installWithNpm(registry, id, project, ["@ai-sdk/openai-compatible@^3.0.92"]);
    await project.write("agents.ts", AGENTS);
    return project;
  };
  let npmProject: Promise<Project> | undefined;
  // JSR's packages for npm keep `using`, which Node 22 lacks: there, users install from npm.
  for (const { name, path: runtime } of RUNTIMES.filter(({ hasUsing }) => hasUsing)) {
    await t.step({
      name: `JSR's package for npm works on ${name}`,
      ignore: runtime === undefined,
      async fn(t) {
        const project = await (npmProject ??= createNpmProject());
        // The journal of another runtime would answer.
        for (const { name } of [...Deno.readDirSync(project.path)]) {
          if (name.startsWith("labels.db")) await Deno.remove(`${project.path}/${name}`);
        }
        for (const [entry, { source, prints }] of Object.entries(ENTRY_PROGRAMS)) {
          await t.step(entry, async () => {
            const text = source(server.url).replace(/"npm:(.+)@\^.*"/, '"$1"');
            await project.write("main.ts", text);
            assertEquals((await project.run(runtime!, ["main.ts"], env)).trim(), prints);
          });
        }
      },
    });
  }

  await t.step("deno doc shows every entry and its symbols with docs", async () => {
    await using project = await createProject(registry.url);
    for (const entry of Object.keys(config.exports)) {
      const specifier = `jsr:@shoal/agents${entry.slice(1)}`;
      const { nodes } = JSON.parse(await project.output(["doc", "--json", specifier])) as Docs;
      const [page] = Object.values(nodes);
      assertStringIncludes(page!.module_doc?.doc ?? "", " ", entry);
      const undocumented = page!.symbols.filter(({ declarations }) =>
        !declarations.some(({ jsDoc }) => jsDoc?.doc)
      );
      assertEquals(undocumented.map(({ name }) => name), [], entry);
    }
  });

  await t.step("the main entry loads no module of other entries", async () => {
    await using project = await createProject(registry.url);
    const info = JSON.parse(await project.output(["info", "--json", "jsr:@shoal/agents"]));
    const paths = (info.modules as { specifier: string }[])
      .map(({ specifier }) => specifier.split(`@shoal/agents/${config.version}/`)[1])
      .filter((path) => path !== undefined);
    const others = paths.filter((path) =>
      /^src\/(cli|hono|journal|testing|workers|providers\/ai_sdk)\//.test(path)
    );
    assertEquals(others, []);
    assertEquals(paths.includes("mod.ts"), true);
  });
});

interface Docs {
  readonly nodes: Record<string, {
    readonly module_doc?: { readonly doc?: string };
    readonly symbols: readonly {
      readonly name: string;
      readonly declarations: readonly { readonly jsDoc?: { readonly doc?: string } }[];
    }[];
  }>;
}

/** Returns the imports and exports of a source that name another module. */
function importsIn(source: string): IterableIterator<RegExpExecArray> {
  return source.matchAll(/^(?:import|export)\s(?:[^"';]*?\sfrom\s)?"([^"]+)"/gm);
}
