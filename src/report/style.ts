/** How the page looks: on a screen in light and dark, on a phone, and on paper. Contrasts are those of WCAG AA. */

export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --card: #f6f7f8; --ink: #1b2127; --soft: #525c66; --line: #d5dae0; --link: #0b5a8f;
  --one: #1f6a9e; --two: #a8500b; --three: #2c7a55; --none: #6b7580; --track: #e9edf0; --pale: #ffffff;
  --good: #1d6b41; --look: #8a4b00; --bad: #a32020; --open: #40505f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181c; --card: #1c2227; --ink: #e8ebee; --soft: #a4afba; --line: #36404a; --link: #7cc0ee;
    --one: #5ea9dc; --two: #e39a52; --three: #5fba8b; --none: #8b96a1; --track: #283037; --pale: #14181c;
    --good: #7ccb9d; --look: #f0b35e; --bad: #f49a92; --open: #b6c2cd;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
main, .foot { max-width: 66rem; margin: 0 auto; padding: 0 1.5rem; }
main { padding-top: 3.5rem; }
h1 { font-size: 2rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; margin: 0 0 1rem; text-wrap: balance; }
h2 { font-size: 1.3rem; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em; margin: 0 0 1rem; }
p { margin: 0 0 1rem; max-width: 46rem; }
.eyebrow { color: var(--soft); font-size: 0.85rem; margin: 0 0 0.4rem; }
.lead { font-size: 1.15rem; line-height: 1.5; margin: 1.1rem 0 1.75rem; }
section, footer { border-top: 1px solid var(--line); padding: 2.25rem 0 1.5rem; margin-top: 1.5rem; }
code { font: 0.9em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; background: var(--track); padding: 0.1em 0.35em; border-radius: 4px; display: inline-block; max-width: 100%; }
code.whole { white-space: nowrap; }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; list-style: none; padding: 0; margin: 1.5rem 0 0; font-size: 0.95rem; }
nav a { display: inline-block; padding: 0.15rem 0; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }

.badge { display: inline-block; margin: 0; padding: 0.15rem 0.75rem; border: 1.5px solid currentColor; border-radius: 99px; font-weight: 600; font-size: 0.95rem; }
.badge.good { color: var(--good); } .badge.look { color: var(--look); } .badge.bad { color: var(--bad); } .badge.open { color: var(--open); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1.25rem 2rem; margin: 0 0 1.75rem; }
.tiles dt { color: var(--soft); font-size: 0.9rem; }
.tiles dd { margin: 0; font-size: 1.5rem; line-height: 1.35; font-weight: 600; letter-spacing: -0.01em; }
.tiles small { font-size: 0.9rem; font-weight: 400; color: var(--soft); letter-spacing: 0; }
.next, .note { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.25rem; margin: 0 0 1rem; }
.next h2 { font-size: 1rem; margin: 0 0 0.3rem; }
.next p, .note p:last-child, .note ul { margin-bottom: 0; }
.note p { margin-bottom: 0.3rem; } .note ul { margin-top: 0; padding-left: 1.2rem; }

.facts { margin: 0 0 1rem; }
.facts div { display: grid; grid-template-columns: 15rem 1fr; gap: 0 1.5rem; padding: 0.4rem 0; border-bottom: 1px solid var(--line); }
.facts div:last-child { border-bottom: 0; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; }

.findings { list-style: none; padding: 0; margin: 0; }
.finding { border-left: 4px solid var(--none); padding: 0.1rem 0 0.1rem 1rem; margin: 0 0 1.1rem; break-inside: avoid; }
.finding p { margin: 0; } .finding.error { border-color: var(--bad); } .finding.warning { border-color: var(--look); }
.error .severity { color: var(--bad); } .warning .severity { color: var(--look); } .information .severity { color: var(--open); }
.where, .advice, .more { color: var(--soft); } .where { white-space: nowrap; } .more { font-size: 0.9rem; margin: 0.5rem 0 0; }

.pair { display: grid; grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); gap: 1rem 3rem; align-items: start; margin: 0 0 1.75rem; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figcaption { margin-bottom: 0.9rem; line-height: 1.4; }
figcaption strong { display: block; font-weight: 600; }
figcaption span { color: var(--soft); font-size: 0.9rem; }
.table { min-width: 0; margin: 0 0 1.5rem; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-size: 0.93rem; line-height: 1.4; overflow-wrap: normal; }
caption { text-align: left; font-weight: 600; padding-bottom: 0.5rem; font-size: 1rem; }
th, td { text-align: left; vertical-align: top; padding: 0.38rem 1.25rem 0.38rem 0; border-bottom: 1px solid var(--line); font-weight: 400; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-size: 0.87rem; border-bottom-color: var(--none); vertical-align: bottom; }
th.figure, td.figure { text-align: right; white-space: nowrap; }
td:has(.words) { min-width: 12rem; }
tbody th { white-space: nowrap; } time { white-space: nowrap; }
/* Beside a chart that is not high: all rows, and no empty page beside them. */
.pair:has(.plot) .scroll { max-height: 17.5rem; overflow-y: auto; }
.pair:has(.plot) thead th { position: sticky; top: 0; background: var(--paper); }
.words { unicode-bidi: isolate; overflow-wrap: anywhere; }

.chart { display: block; overflow: visible; font-size: 13px; }
.chart text { fill: var(--ink); }
.chart .tick { fill: var(--soft); font-size: 12px; }
.chart .figure { font-weight: 600; }
.chart .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.chart.plot { margin-left: 4.75rem; width: calc(100% - 4.75rem); }
.one { fill: var(--one); } .two { fill: var(--two); } .three { fill: var(--three); } .none { fill: var(--none); }
.pale { fill: var(--pale); } .track { fill: var(--track); }
.grid { stroke: var(--line); stroke-width: 1; } .axis { stroke: var(--none); stroke-width: 1; }
.line { stroke: var(--one); stroke-width: 2; stroke-linecap: square; } .mark { stroke: var(--one); stroke-width: 1.5; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; padding: 0; margin: 0.5rem 0 0; font-size: 0.9rem; }
.legend svg { width: 14px; height: 14px; vertical-align: -2px; margin-right: 0.4rem; }

footer { color: var(--soft); font-size: 0.93rem; padding-bottom: 3rem; }
footer h2 { font-size: 1rem; color: var(--ink); }

@media (max-width: 48rem) {
  main, .foot { padding-left: 1rem; padding-right: 1rem; }
  main { padding-top: 1.75rem; }
  h1 { font-size: 1.55rem; }
  .pair { grid-template-columns: minmax(0, 1fr); }
  .facts div { grid-template-columns: 1fr; }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: 1rem 1.25rem; }
  .tiles dd { font-size: 1.25rem; }
  .where { white-space: normal; }
  table { font-size: 0.88rem; } th, td { padding-right: 0.8rem; }
  .chart.plot { margin-left: 4.5rem; width: calc(100% - 4.5rem); }
}
@media (max-width: 30rem) {
  .chart .spare { display: none; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media (forced-colors: active) { .chart rect, .chart line { forced-color-adjust: none; } }
@media print {
  @page { size: A4; margin: 16mm 15mm; }
  :root {
    color-scheme: light;
    --paper: #ffffff; --card: #f6f7f8; --ink: #1b2127; --soft: #525c66; --line: #d5dae0; --link: #1b2127;
    --one: #1f6a9e; --two: #a8500b; --three: #2c7a55; --none: #6b7580; --track: #e9edf0; --pale: #ffffff;
    --good: #1d6b41; --look: #8a4b00; --bad: #a32020; --open: #40505f;
  }
  body { font-size: 10.5pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  main, .foot { max-width: none; padding: 0; }
  nav { display: none; }
  h1 { font-size: 20pt; } h2 { font-size: 13pt; break-after: avoid; }
  section, footer { padding: 1.2rem 0 0.4rem; margin-top: 0.8rem; }
  .scroll, .pair:has(.plot) .scroll { overflow: visible; max-height: none; }
  .pair:has(.plot) thead th { position: static; }
  table { font-size: 9pt; } caption { break-after: avoid; }
  tr, .finding, figure, .next, .note, .tiles, .facts div { break-inside: avoid; }
  thead { display: table-header-group; }
  .pair { gap: 0.75rem 2rem; }
}
`
