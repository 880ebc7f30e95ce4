/** The guides in the order of the sidebar. */
import { ROOT } from "./project.ts";

/** A group of pages in the sidebar. */
export interface GuideGroup {
  readonly title: string;
  /** Paths below `docs/`, without `.md`. */
  readonly guides: readonly string[];
}

/** All guides. A file in `docs/` that is missing here is an error, and the reverse. */
export const GUIDES: readonly GuideGroup[] = [
  { title: "Begin", guides: ["index", "start"] },
  { title: "Agents", guides: ["agents", "typed-answers", "tools", "workflows"] },
  {
    title: "Many calls",
    guides: ["many-calls", "limits", "cost", "resilience", "caching", "journal", "workers"],
  },
  { title: "Applications", guides: ["command-line", "http", "dashboard", "testing"] },
  {
    title: "Servers and runtimes",
    guides: ["providers", "servers", "runtimes", "deploy", "cloudflare-workers", "security"],
  },
  {
    title: "Recipes",
    guides: ["csv-to-typed-csv", "ollama", "several-keys", "cron", "postgres"]
      .map((recipe) => `recipes/${recipe}`),
  },
  {
    title: "Migrate",
    guides: ["migrate-from-p-limit", "migrate-from-langchain", "migrate-from-rubyllm"],
  },
  { title: "Help", guides: ["troubleshooting", "faq", "comparison", "benchmarks"] },
];

/** Returns the guides in `docs/`: paths below it, without `.md`. */
export function guideFiles(folder = ""): readonly string[] {
  return [...Deno.readDirSync(new URL(`docs/${folder}`, ROOT))].flatMap((entry) => {
    const path = folder + entry.name;
    if (entry.isDirectory) return guideFiles(`${path}/`);
    return path.endsWith(".md") ? [path.slice(0, -".md".length)] : [];
  });
}

/** Returns what is wrong between the sidebar and the files in `docs/`. */
export function guideProblems(): readonly string[] {
  const listed = GUIDES.flatMap(({ guides }) => guides);
  const files = guideFiles();
  return [
    ...files.filter((file) => !listed.includes(file))
      .map((file) => `docs/${file}.md is not in the sidebar: add it to tools/docs/guides.ts`),
    ...listed.filter((guide) => !files.includes(guide))
      .map((guide) => `docs/${guide}.md is in the sidebar of tools/docs/guides.ts and is missing`),
    ...listed.filter((guide, i) => listed.indexOf(guide) !== i)
      .map((guide) => `docs/${guide}.md is in the sidebar twice: see tools/docs/guides.ts`),
  ];
}
