import process from "node:process";

/** Hides the warning of Node 22 that its SQLite is experimental. All other warnings are shown. */
export function hideSqliteWarning(): void {
  const emitWarning = process.emitWarning as (...args: readonly unknown[]) => void;
  const filtered = (...args: readonly unknown[]) => {
    if (!/^SQLite is an experimental feature/.test(String(args[0]))) emitWarning(...args);
  };
  process.emitWarning = filtered as typeof process.emitWarning;
}
