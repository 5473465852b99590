/**
 * The style of every page. Colours are variables with a light and a dark value. The contrast of every text is at least
 * 4.5:1 (WCAG AA); a test measures it in a browser.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fafaf8; --card: #ffffff; --code: #f2f3f0; --line: #d9dcd6; --text: #1c2024; --quiet: #565d66;
  --link: #1d4f91; --good: #17603a; --good-ground: #eaf5ee; --caution: #7a4a00; --caution-ground: #fdf3df;
  --bad: #a01d1d; --bad-ground: #fdecea; --key: #1d4f91; --reads: #6b7280;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181b; --card: #1c2024; --code: #111417; --line: #363c43; --text: #e5e8eb; --quiet: #a4acb5;
    --link: #93bdf7; --good: #86d3a2; --good-ground: #16291e; --caution: #f2c168; --caution-ground: #2c2311;
    --bad: #ffa198; --bad-ground: #331a19; --key: #93bdf7; --reads: #8b949e;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 var(--sans); overflow-wrap: break-word; }
header, main, footer { max-width: 78rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2.5rem; }
footer { padding-top: 1rem; padding-bottom: 3rem; color: var(--quiet); font-size: 0.8125rem; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 { font-size: 2rem; font-weight: 650; letter-spacing: -0.015em; margin: 0 0 1.25rem; }
h2 { font-size: 1.375rem; font-weight: 650; letter-spacing: -0.01em; margin: 0 0 1rem; }
h3 { font-size: 1rem; font-weight: 650; margin: 1.75rem 0 0.5rem; }
p, ul, ol, dl { margin: 0 0 0.875rem; }
p, li { max-width: 46rem; text-wrap: pretty; }
li + li { margin-top: 0.375rem; }
ul, ol { padding-left: 1.375rem; }
a { color: var(--link); text-underline-offset: 0.2em; }
code, pre { font-family: var(--mono); }
code { font-size: 0.875em; overflow-wrap: anywhere; }
section { margin-top: 3rem; padding-top: 2rem; border-top: 1px solid var(--line); }
.overline { margin: 0 0 0.25rem; color: var(--quiet); font-size: 0.875rem; }
nav { margin-top: 1.5rem; font-size: 0.9375rem; }
nav ol { list-style: none; display: flex; flex-wrap: wrap; gap: 0.375rem 1.25rem; padding: 0; margin: 0; }
nav li + li { margin: 0; }

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 0.875rem 2rem; }
.facts dt { color: var(--quiet); font-size: 0.8125rem; }
.facts dd { margin: 0; }
.digest { margin: 0 0 1.5rem; padding: 1rem 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.digest p { margin: 0 0 0.375rem; color: var(--quiet); font-size: 0.8125rem; }
.digest code { display: flex; flex-wrap: wrap; gap: 0.125rem 0.75em; font-size: 1.0625rem; }

.notice { margin: 0 0 1rem; padding: 0.75rem 1rem; border-radius: 8px; background: var(--code); }
.notice > :last-child { margin-bottom: 0; } .notice > p, .notice li { max-width: none; }
.notice .title { margin: 0; font-weight: 600; }
.notice.good { background: var(--good-ground); } .notice.good > .title { color: var(--good); }
.notice.caution { background: var(--caution-ground); } .notice.caution > .title { color: var(--caution); }
.notice.bad { background: var(--bad-ground); } .notice.bad > .title { color: var(--bad); }
header > .notice:first-of-type > .title { font-size: 1.125rem; }

.step { margin: 0 0 0.75rem; padding: 1rem 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.step h3 { margin: 0 0 0.25rem; display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.125rem 0.75rem; }
.step > p { color: var(--quiet); font-size: 0.875rem; max-width: none; }
.step > :last-child { margin-bottom: 0; }
.label { color: var(--quiet); font-size: 0.8125rem; font-weight: 500; }
.step.caution .label { color: var(--caution); font-weight: 650; } .step.bad .label { color: var(--bad); font-weight: 650; }
.step .facts { font-size: 0.875rem; }

details { margin: 0 0 0.5rem; }
summary { cursor: pointer; padding: 0.25rem 0; font-size: 0.875rem; color: var(--quiet); overflow-wrap: anywhere; }
summary code { color: var(--text); font-size: 0.8125rem; margin-right: 0.5em; }
summary:focus-visible, a:focus-visible, pre:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
details[open] > summary { margin-bottom: 0.375rem; }
pre { margin: 0 0 0.875rem; padding: 0.75rem 0.875rem; background: var(--code); border-radius: 6px; overflow-x: auto; font-size: 0.78125rem; line-height: 1.5; tab-size: 4; }
pre code { font-size: 1em; overflow-wrap: normal; }
pre.json, pre.sh { white-space: pre-wrap; overflow-wrap: anywhere; } pre.json code, pre.sh code { overflow-wrap: anywhere; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0.75rem; }
.pair > div { min-width: 0; }
mark { background: var(--bad-ground); color: var(--bad); }
.pair .title { margin: 0 0 0.25rem; font-size: 0.8125rem; font-weight: 400; color: var(--quiet); }

table { width: 100%; margin: 0 0 1rem; border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.4375rem 1rem 0.4375rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
td code { overflow-wrap: break-word; }
td.long, td.long code { overflow-wrap: anywhere; } td.long { min-width: 8rem; }
.table { overflow-x: auto; }
th { color: var(--quiet); font-weight: 500; font-size: 0.8125rem; overflow-wrap: normal; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }

.bars { max-width: 46rem; display: grid; grid-template-columns: minmax(5rem, 11rem) minmax(4rem, 1fr) auto; gap: 0.375rem 0.75rem; align-items: center; font-size: 0.875rem; }
.bars dt, .bars dd { margin: 0; overflow-wrap: anywhere; }
.bars div { display: contents; }
.bars svg { display: block; width: 100%; height: 0.75rem; background: var(--code); border-radius: 3px; }
.bars rect { fill: var(--key); } .bars .good rect { fill: var(--good); } .bars .caution rect { fill: var(--caution); } .bars .bad rect { fill: var(--bad); }

.picture svg { display: block; max-width: 100%; height: auto; }
.picture .narrow { display: none; }
svg text { font-family: var(--mono); font-size: 11.5px; fill: var(--text); }
svg .name { font-size: 13px; font-weight: 650; } svg .kind, svg .type, svg .marks { fill: var(--quiet); }
svg .kind { font-family: var(--sans); } svg .type, svg .marks { text-anchor: end; } svg .marks { font-size: 10px; } svg .primary { font-weight: 650; }
svg .box { fill: var(--card); stroke: var(--line); } svg .view .box { stroke-dasharray: 5 3; stroke: var(--reads); }
svg .rule { stroke: var(--line); } svg .relation { fill: none; stroke-width: 1.5; }
svg .key { stroke: var(--key); } svg .reads { stroke: var(--reads); stroke-dasharray: 5 3; } svg .head { stroke: none; } svg .head.key { fill: var(--key); } svg .head.reads { fill: var(--reads); }

@media screen and (max-width: 48rem) {
  header, main, footer { padding-left: 1rem; padding-right: 1rem; }
  header { padding-top: 1.5rem; }
  h1 { font-size: 1.5rem; }
  h2 { font-size: 1.25rem; }
  section { margin-top: 2rem; padding-top: 1.5rem; }
  .step { padding: 0.875rem 1rem; }
  .pair { grid-template-columns: 1fr; }
  .picture .wide { display: none; } .picture .narrow { display: block; }
  table, tbody, tr, td { display: block; }
  thead { display: none; }
  tr { padding: 0.625rem 0; border-bottom: 1px solid var(--line); }
  td, td.number, td.long { min-width: 0; display: flex; gap: 0.75rem; padding: 0.125rem 0; border: 0; text-align: left; white-space: normal; }
  td::before { content: attr(data-column); flex: 0 0 6.5rem; color: var(--quiet); font-size: 0.8125rem; }
  td > span { min-width: 0; overflow-wrap: anywhere; } td code { overflow-wrap: anywhere; }
}
@media print {
  :root {
    --page: #fff; --card: #fff; --code: #fff; --line: #bbb; --text: #000; --quiet: #444; --link: #000; --good: #17603a;
    --good-ground: #fff; --caution: #7a4a00; --caution-ground: #fff; --bad: #a01d1d; --bad-ground: #fff; --key: #1d4f91; --reads: #666;
  }
  @page { margin: 15mm 14mm; }
  html { font-size: 9.5pt; }
  body { font-size: 1rem; line-height: 1.4; }
  /* The columns' least widths add up to less than a page, and what is longer breaks: paper does not scroll. */
  td, td code, td.long code { overflow-wrap: anywhere; } td { min-width: 25mm; } td.number { min-width: 15mm; } td.long { min-width: 28mm; } td:first-child { min-width: 46mm; }
  table { font-size: 8pt; } td code { font-size: 7.25pt; } th, td { padding-top: 0.25rem; padding-bottom: 0.25rem; }
  header, main, footer { max-width: none; padding: 0; }
  nav { display: none; }
  section { margin-top: 1.25rem; padding-top: 1rem; }
  h2, h3, h2 + p, summary, .pair .title { break-after: avoid; }
  .notice, .digest, .step { border: 1px solid var(--line); }
  .notice, .digest, tr, .facts > div { break-inside: avoid; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 7.25pt; padding: 0.375rem 0; }
  pre code { overflow-wrap: anywhere; }
  .pair { grid-template-columns: 1fr 1fr; }
  details::details-content { content-visibility: visible !important; display: block !important; height: auto !important; }
  summary { list-style: none; }
  #run, #tables { break-before: page; margin: 0; padding: 0; border: 0; }
  .picture .wide { display: block; } .picture .narrow { display: none; }
  .picture svg { max-height: 240mm; }
}
`;
