import { createHash } from "node:crypto";
import type { Review } from "../review/review.ts";
import { html, Markup } from "./markup.ts";
import { pictureSvg } from "./picture.ts";
import { STYLE } from "./style.ts";
import { certificatesTable, changesSection, controlsTable, findingsTable, hopsTable, resourcesTables, routesTable } from "./tables.ts";

/**
 * A plan as one page for reviewers: no script, nothing from the network, every value escaped. The page's own content security policy allows its
 * style sheet and nothing else.
 */
export function planPage(review: Review): string {
  const {
    name,
    hostname,
    cloud,
    variant,
    why,
    document,
    digest,
    picture,
    routes,
    controls,
    findings,
    certificates,
    resourceCount,
    changes,
  } = review;
  const style = new Markup(STYLE);
  const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'`;
  const open = routes.filter((route) => route.public).length;
  const warnings = findings.filter(({ severity }) => severity === "warning").length;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${name} on ${cloud} (${variant}): plan</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${name}: ${hostname}</h1>
<p>${document} on <b>${cloud} (${variant})</b>${why === "" ? "" : html` <span class="soft">· ${why}</span>`}</p>
<p class="soft">Digest of the gateway <code>${digest}</code></p>
<ul class="facts">
<li><b>${controls.length}</b>controls, all of them enforced</li>
<li><b>${findings.length}</b>findings, of which warnings: ${warnings}</li>
<li><b>${routes.length}</b>routes, of which public: ${open}</li>
<li><b>${resourceCount}</b>resources</li>
</ul>
<nav aria-label="Parts of this page"><a href="#way">The way of a request</a>${changes ? html`<a href="#changes">What changes</a>` : ""}<a href="#findings">Findings</a><a href="#routes">Routes</a><a href="#controls">Controls</a><a href="#certificates">Certificates</a><a href="#resources">Resources</a></nav>
</header>
<main>
<h2 id="way">The way of a request</h2>
<div class="wide">${pictureSvg(picture)}</div>
${hopsTable(picture)}
${changes ? changesSection(changes) : ""}
<h2 id="findings">Findings</h2>
${findings.length === 0 ? html`<p>None.</p>` : findingsTable(findings)}
<h2 id="routes">Routes and what they require</h2>
<p class="soft">In the order they are matched: the first whose path fits decides.</p>
${routesTable(routes)}
<h2 id="controls">Controls</h2>
<p class="soft">What the document asks for, how it is enforced, and by which resources. <span class="tag native">native</span> a feature of the cloud's gateway, <span class="tag composed">composed</span> put together from several parts.</p>
${controlsTable(controls)}
<h2 id="certificates">Certificates and authorities</h2>
${certificatesTable(certificates)}
<h2 id="resources">Resources by concern</h2>
${resourcesTables(review.resources)}
</main>
</body>
</html>
`.text;
}
