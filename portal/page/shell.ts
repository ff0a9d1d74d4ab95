import { html, type Markup } from "../../automation/plan/html/markup.ts";
import type { Assets } from "./assets.ts";

/** What every document of the portal is made of, with navigation or without. */
export interface Shell {
  readonly assets: Pick<Assets, "icon" | "style">;
  readonly title: string;
  /** Behind what every head has. */
  readonly head?: Markup | string;
  readonly body: Markup;
}

export const shell = ({ assets, title, head = "", body }: Shell): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Secure Gateway</title>
<link rel="icon" href="${assets.icon}">
<link rel="stylesheet" href="${assets.style}">
${head}</head>
<body>
${body}
</body>
</html>
`.text;
