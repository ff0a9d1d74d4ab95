/** The page's only style sheet: light and dark by the reader's setting, and ink-saving in print. */
export const STYLE = `
:root { color-scheme: light dark; --back: #fff; --panel: #f6f7f9; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --good: #116329; --mixed: #7d4e00; --bad: #a40e26;
  --goodback: #e6f4ea; --mixedback: #fff4d6; --badback: #ffe3e6; --accent: #0550ae; }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --panel: #161b22; --text: #e6edf3; --soft: #9aa4af; --line: #373e47; --good: #6fdd8b; --mixed: #eac55f; --bad: #ff9ba5;
  --goodback: #12261b; --mixedback: #2b2411; --badback: #3a1a1f; --accent: #79b8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 82rem; padding: 1.5rem; background: var(--back); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; } h3 { font-size: 1rem; margin: 1.2rem 0 .4rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); } code, td.code { font: .86em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
nav { margin: .8rem 0 0; display: flex; flex-wrap: wrap; gap: .3rem 1rem; } a { color: var(--accent); }
.facts { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0 0; padding: 0; list-style: none; }
.facts li { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: .5rem .9rem; min-width: 8rem; } .facts b { display: block; font-size: 1.25rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; } th { text-align: left; color: var(--soft); font-weight: 600; }
th, td { padding: .38rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; } td { overflow-wrap: anywhere; min-width: 5rem; } td:nth-child(3):not(:has(> .tag)), td:has(> br + .soft):first-child { min-width: 11rem; } td:has(> .plain > li) { min-width: 11.5rem; } td:first-child:has(> .tag) { width: 6rem; min-width: 0; } thead th { border-bottom: 2px solid var(--line); }
.tag { display: inline-block; border-radius: 5px; padding: 0 .4rem; font-size: .82rem; font-weight: 600; white-space: nowrap; }
.native, .added { background: var(--goodback); color: var(--good); } .composed, .changed, .info { background: var(--mixedback); color: var(--mixed); } .public, .warning, .removed { background: var(--badback); color: var(--bad); }
ul.plain { margin: 0; padding: 0; list-style: none; } svg { display: block; height: auto; max-width: 100%; min-width: 46rem; }
svg text { fill: var(--text); font: 12px system-ui, sans-serif; } svg .title { font-weight: 700; font-size: 14px; } svg .soft { fill: var(--soft); } svg .weak { fill: var(--bad); font-weight: 700; }
svg rect { fill: var(--panel); stroke: var(--line); stroke-width: 1.5; } svg rect.gateway { stroke: var(--accent); stroke-width: 2.5; } svg path.hop { stroke: var(--good); stroke-width: 2; fill: none; }
svg path.weak { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 6 4; fill: none; } svg .head { fill: var(--good); } svg .headweak { fill: var(--bad); }
@media print { :root { --back: #fff; --panel: #fff; --text: #000; --soft: #444; --line: #999; --good: #0b4a1f; --mixed: #5c3a00; --bad: #8a0a1e; --goodback: #fff; --mixedback: #fff; --badback: #fff; --accent: #000; }
  body { max-width: none; padding: 0; font-size: 10pt; } nav { display: none; } tr, svg, .facts li { break-inside: avoid; } h2, h3 { break-after: avoid; } .tag { border: 1px solid currentColor; } .wide { overflow: visible; } svg { min-width: 0; }
  @page { margin: 14mm; } }
`;
