import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { loadAssets } from "../page/assets.ts";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A page without navigation, for when nobody is signed in or the portal cannot do more. */
export function signInPage(title: string, content: Html): Html {
  const { icon, style } = loadAssets();
  return html`${raw("<!doctype html>")}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Secure Gateway</title>
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="${style}">
</head>
<body>
<header class="top"><span class="brand">Secure Gateway</span></header>
<main class="stacked">
<h1>${title}</h1>
${content}
</main>
</body>
</html>`;
}
