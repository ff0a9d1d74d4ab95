import { html, type Markup } from "../../automation/plan/html/markup.ts";
import { loadAssets } from "../page/assets.ts";
import { shell } from "../page/shell.ts";

/** A page without navigation, for when nobody is signed in or the portal cannot do more. */
export const signInPage = (title: string, content: Markup): string =>
  shell({
    assets: loadAssets(),
    title,
    body: html`<header class="top"><span class="brand">Secure Gateway</span></header>
<main class="stacked">
<h1>${title}</h1>
${content}
</main>`,
  });
