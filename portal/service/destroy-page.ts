import type { ResourceChange } from "../service.ts";

const safe = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** A page that lists what a plan to destroy removes; self-contained, as the pages of other plans. */
export function destroyPage(stack: string, resources: readonly ResourceChange[]): string {
  const rows = resources.map(({ type, name }) => `<tr><td>${safe(name)}</td><td>${safe(type)}</td></tr>`).join("\n");
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Destroy ${safe(stack)}</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}td,th{text-align:left;padding:.25rem 1rem .25rem 0}</style></head>
<body><main><h1>Destroy ${safe(stack)}</h1>
<p>Everything below is removed: ${resources.length} ${resources.length === 1 ? "resource" : "resources"}.</p>
<table><thead><tr><th scope="col">Name</th><th scope="col">Type</th></tr></thead><tbody>
${rows}
</tbody></table></main></body></html>
`;
}
