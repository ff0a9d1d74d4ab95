import { randomUUID } from "node:crypto";
import { html, Markup } from "../../automation/plan/html/markup.ts";
import { CSRF_FIELD } from "../http/security.ts";
import type { Actor, Role } from "../service.ts";
import type { Assets } from "./assets.ts";
import type { Piece } from "./shared/pieces.ts";
import { shell } from "./shell.ts";

/** What every page knows beside its own content. */
export interface Frame {
  readonly assets: Assets;
  /** Of this answer's content security policy. */
  readonly nonce: string;
  /** Who looks; nobody is signed in where it is absent. */
  readonly actor?: Actor;
  /** The session's token, which every form sends back; empty without a session. */
  readonly csrf: string;
}

export interface PageContent {
  readonly title: string;
  /** Way from the list of stacks to this page: text and address; the page itself is not in it. */
  readonly trail?: readonly (readonly [string, string])[];
  readonly content: Markup;
  /** Client modules of this page, beside the one of all pages. */
  readonly modules?: readonly string[];
  /** Reloads the page after so many seconds where scripts do not run. */
  readonly reloadSeconds?: number;
}

/** A whole page. */
export function page(
  { assets, nonce, actor, csrf }: Frame,
  { title, trail = [], content, modules = [], reloadSeconds }: PageContent,
): string {
  const entries = ["forms", ...modules];
  const head = html`${reloadSeconds === undefined ? "" : html`<noscript><meta http-equiv="refresh" content="${reloadSeconds}"></noscript>`}
<script type="importmap" nonce="${nonce}">${new Markup(assets.importMap)}</script>
${entries.map((name) => html`<script type="module" src="${assets.module(name)}"></script>\n`)}`;
  const body = html`<a class="skip" href="#content">To the content</a>
<header class="top">
<a class="brand" href="/stacks">Secure Gateway</a>
${
  actor === undefined
    ? ""
    : html`<nav aria-label="Portal"><a href="/stacks">Stacks</a>${may(actor, "admin") ? html`<a href="/audit">Audit</a>` : ""}</nav>
<p class="who"><span>${actor.name}</span> <span class="soft">${actor.roles.join(", ")}</span>${csrf === "" ? "" : html` <a href="/sign-out">Sign out</a>`}</p>`
}
</header>
<main id="content" tabindex="-1">
${trail.length === 0 ? "" : html`<nav class="trail" aria-label="You are here"><ol>${trail.map(([text, href]) => html`<li><a href="${href}">${text}</a></li>`)}<li aria-current="page">${title}</li></ol></nav>`}
<h1>${title}</h1>
${content}
</main>`;
  return shell({ assets, title, head, body });
}

/** Whether an actor has one of the roles; for what is shown, not for what is allowed: that the service judges. */
export const may = (actor: Actor | undefined, ...roles: readonly Role[]): boolean => roles.some((role) => actor?.roles.includes(role));

/** Field of a form's own number, so that sending it twice does it once. */
export const ONCE_FIELD = "once";

/** A form that changes something, with the session's token. */
export const form = ({ csrf }: Frame, action: string, content: Piece, kind = ""): Markup =>
  html`<form method="post" action="${action}" class="${kind}"><input type="hidden" name="${CSRF_FIELD}" value="${csrf}"><input type="hidden" name="${ONCE_FIELD}" value="${randomUUID()}">${content}</form>`;

/** Pages below a stack, as tabs. */
export function stackNavigation(stack: string, current: string): Markup {
  const base = stackPath(stack);
  const tabs = [
    ["Overview", base],
    ["Document", `${base}/document`],
    ["Certificates", `${base}/certificates`],
    ["History", `${base}/history`],
    ["Settings", `${base}/settings`],
  ] as const;
  return html`<nav class="tabs" aria-label="${stack}">${tabs.map(
    ([text, href]) => html`<a href="${href}"${text === current ? html` aria-current="page"` : ""}>${text}</a>`,
  )}</nav>`;
}

export const stackPath = (stack: string): string => `/stacks/${encodeURIComponent(stack)}`;
export const planPath = (plan: string): string => `/plans/${encodeURIComponent(plan)}`;
export const operationPath = (operation: string): string => `/operations/${encodeURIComponent(operation)}`;

/** To what follows on a list, where there is more. */
export const nextLink = (href: string, next: string | undefined): Markup | string =>
  next === undefined ? "" : html`<p><a href="${href}?after=${encodeURIComponent(next)}">Older ones</a></p>`;
