/** The style sheet: light and dark, from the width of a phone up. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --back: #f4f6f7; --card: #fff; --text: #16212a; --soft: #52616c; --line: #d5dde2;
  --accent: #0b6f83; --on-accent: #fff; --good: #1b6e3c; --bad: #b3261e; --warn: #8a5a00;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #10161a; --card: #182026; --text: #e4eaee; --soft: #9fb0bb; --line: #2f3b43;
    --accent: #4cc3d9; --on-accent: #06222a; --good: #6fd398; --bad: #ff8a80; --warn: #f0b95b;
  }
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
a { color: var(--accent); }
code, pre { font-family: var(--mono); font-size: 0.93em; }
h1, h2, h3 { margin: 0; line-height: 1.25; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; }
h2 { font-size: 1rem; margin-bottom: 0.75rem; }
h3 { font-size: 0.9rem; margin: 1rem 0 0.4rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--card); padding: 0.5rem 1rem; z-index: 2; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }

.bar {
  display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1rem;
  padding: 0.6rem 1rem; background: var(--card); border-bottom: 1px solid var(--line);
}
.brand {
  font-weight: 700; font-size: 1.1rem; color: var(--text); text-decoration: none;
  margin-right: auto; overflow-wrap: anywhere;
}
#state { font-size: 0.9rem; }
#state::before {
  content: ""; display: inline-block; width: 0.6em; height: 0.6em; margin-right: 0.4em;
  border-radius: 50%; background: currentColor;
}
main {
  max-width: 78rem; margin: 0 auto; padding: 1rem; display: grid;
  grid-template-columns: minmax(0, 1fr); gap: 1rem;
}
.lead { margin: 0; color: var(--soft); }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem;
  min-width: 0;
}
.narrow { max-width: 26rem; }
.pair { display: grid; gap: 1rem; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); }
.empty, .more { margin: 0; color: var(--soft); }
.more { margin-top: 0.5rem; }

.figures, .facts {
  display: grid; gap: 0.75rem 1rem; margin: 0;
  grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr));
}
@media (min-width: 48.01rem) { .figures { grid-template-columns: repeat(5, minmax(0, 1fr)); } }
.facts { grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); }
dt { color: var(--soft); font-size: 0.85rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.figures dd {
  font-size: 1.4rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums;
}

#charts {
  display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr));
}
.chart { margin: 0; min-width: 0; }
.chart figcaption { display: flex; justify-content: space-between; gap: 1rem; font-size: 0.85rem; }
.chart .max { color: var(--soft); font-variant-numeric: tabular-nums; }
.chart svg { display: block; width: 100%; height: 4rem; margin-top: 0.25rem; }
.bars { fill: var(--accent); }
.base { stroke: var(--line); fill: none; vector-effect: non-scaling-stroke; }

table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.4rem 0.6rem; vertical-align: top; overflow-wrap: anywhere; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th {
  color: var(--soft); font-weight: 500; font-size: 0.85rem; white-space: nowrap;
  border-bottom: 1px solid var(--line);
}
tbody th { font-weight: 500; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
.n { text-align: right; }
@media (min-width: 48.01rem) { .n { white-space: nowrap; } }
.progress { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.6rem; }
progress {
  appearance: none; margin: 0.3rem 0; width: 8rem; max-width: 100%; height: 0.6rem; border: 0;
  border-radius: 99px; background: var(--line); overflow: hidden;
}
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); border-radius: 99px; }
progress::-moz-progress-bar { background: var(--accent); }

.field { margin-bottom: 0.9rem; }
label { display: block; font-weight: 500; margin-bottom: 0.25rem; }
.optional { color: var(--soft); font-weight: 400; font-size: 0.85rem; margin-left: 0.5em; }
.about { margin: 0.25rem 0 0; color: var(--soft); font-size: 0.9rem; }
input:not([type="checkbox"]), select, textarea {
  width: 100%; padding: 0.5rem 0.6rem; font: inherit; color: inherit; background: var(--back);
  border: 1px solid var(--soft); border-radius: 6px;
}
input[type="checkbox"] { width: 1.25rem; height: 1.25rem; accent-color: var(--accent); }
textarea { resize: vertical; }
[aria-invalid="true"] { border-color: var(--bad) !important; }
button {
  font: inherit; padding: 0.35rem 0.9rem; min-height: 2.25rem; cursor: pointer; color: inherit;
  background: var(--card); border: 1px solid var(--soft); border-radius: 6px;
}
button.main {
  background: var(--accent); border-color: var(--accent); color: var(--on-accent);
  font-weight: 600;
}
button:disabled { opacity: 0.5; cursor: default; }
.buttons { display: flex; flex-wrap: wrap; align-items: center; gap: 0.6rem; margin: 0; }
#output {
  margin: 0; padding: 0.75rem; min-height: 3rem; max-height: 24rem; overflow: auto;
  white-space: pre-wrap; overflow-wrap: anywhere;
  background: var(--back); border: 1px solid var(--line); border-radius: 6px;
}
#call-log { margin: 0.75rem 0 0; padding-left: 1.2rem; color: var(--soft); }
#call-log:empty { display: none; }

@media (max-width: 48rem) {
  main { padding: 0.75rem; gap: 0.75rem; }
  .pair { grid-template-columns: minmax(0, 1fr); gap: 0.75rem; }
  button { min-height: 2.75rem; }
  table, tbody, tr, th, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { padding: 0.5rem 0; }
  tbody tr + tr { border-top: 1px solid var(--line); }
  tbody tr:first-child { padding-top: 0; }
  tbody tr + tr > * { border-top: 0; }
  tbody th, tbody td {
    display: flex; justify-content: space-between; gap: 1rem; padding: 0.15rem 0;
    text-align: right;
  }
  tbody th { font-weight: 600; }
  tbody th::before, tbody td::before {
    content: attr(data-label); color: var(--soft); font-weight: 400; text-align: left; flex: none;
  }
  .progress { justify-content: flex-end; }
}
@media (prefers-contrast: more) { :root { --soft: var(--text); --line: var(--soft); } }
@media (forced-colors: active) { .bars { fill: CanvasText; } progress { appearance: auto; } }
`;
