import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { findPackageJSON, stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { documentJsonSchema } from "../../components/spec/json-schema/document.ts";

/** A file a browser may ask for. */
export interface Asset {
  readonly type: string;
  readonly content: string;
}

/** Files of the pages, and where browsers find them. Addresses change with the content, so that they can be kept for ever. */
export interface Assets {
  readonly style: string;
  readonly icon: string;
  /** The document's JSON Schema. */
  readonly schema: string;
  /** JSON of the import map, safe within a script element. */
  readonly importMap: string;
  /** Address of a client module. */
  module(name: string): string;
  /** The file at an address; nothing for every other address. */
  find(path: string): Asset | undefined;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SCRIPT = "text/javascript; charset=utf-8";

/** Modules of this repository that run in the browser, by path from its root. Whatever is not here is not served. */
const MODULES = [
  "automation/plan/html/markup.ts",
  "portal/page/client/completion.ts",
  "portal/page/client/editor.ts",
  "portal/page/client/forms.ts",
  "portal/page/client/live.ts",
  "portal/page/client/theme.ts",
  "portal/page/shared/pieces.ts",
  "portal/page/shared/progress-view.ts",
  "portal/page/shared/progress.ts",
  "portal/page/shared/schema.ts",
  "portal/page/shared/yaml-place.ts",
] as const;

/** Packages the client modules import; what those import is found from them. */
const PACKAGES = [
  "@codemirror/autocomplete",
  "@codemirror/commands",
  "@codemirror/lang-yaml",
  "@codemirror/language",
  "@codemirror/lint",
  "@codemirror/state",
  "@codemirror/view",
  "@lezer/highlight",
] as const;

let loaded: Assets | undefined;

/** Reads every file once; a few hundred kilobytes. */
export function loadAssets(): Assets {
  loaded ??= readAssets();
  return loaded;
}

function readAssets(): Assets {
  const files = new Map<string, Asset>();
  files.set("style.css", { type: "text/css; charset=utf-8", content: read("portal/page/style.css") });
  files.set("icon.svg", { type: "image/svg+xml", content: read("portal/page/icon.svg") });
  files.set("schema.json", { type: "application/schema+json", content: JSON.stringify(documentJsonSchema()) });
  for (const path of MODULES) files.set(`own/${path}`, { type: SCRIPT, content: withoutTypes(read(path)) });
  const packages = readPackages();
  for (const [name, content] of packages) files.set(`npm/${name}.js`, { type: SCRIPT, content });

  const digest = createHash("sha256");
  for (const [path, { content }] of files) digest.update(`${path}\0${content}\0`);
  const base = `/assets/${digest.digest("base64url").slice(0, 16)}/`;
  const imports = Object.fromEntries([...packages.keys()].map((name) => [name, `${base}npm/${name}.js`]));
  return {
    style: `${base}style.css`,
    icon: `${base}icon.svg`,
    schema: `${base}schema.json`,
    importMap: JSON.stringify({ imports }).replaceAll("<", "\\u003c"),
    module: (name) => `${base}own/portal/page/client/${name}.ts`,
    find: (path) => (path.startsWith(base) ? files.get(path.slice(base.length)) : undefined),
  };
}

/** The function is what Node itself runs this program with; only to call it is said to be experimental, and nobody who starts a portal can do anything about it. */
function withoutTypes(code: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(code);
  } finally {
    process.emitWarning = emitWarning;
  }
}

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The ES modules of the packages and of all that they import, by name. Each of these packages is one file. */
function readPackages(): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (name: string, from: string) => {
    if (found.has(name)) return;
    const description = findPackageJSON(name, pathToFileURL(from));
    if (description === undefined) throw new Error(`the package ${name} is not installed; run npm start`);
    const {
      module: named,
      main,
      type,
    } = JSON.parse(readFileSync(description, "utf8")) as { module?: string; main?: string; type?: string };
    const module = named ?? (type === "module" ? main : undefined);
    if (module === undefined) throw new Error(`the package ${name} has no ES module for browsers`);
    const file = join(dirname(description), module);
    const content = readFileSync(file, "utf8");
    found.set(name, content);
    for (const [, other] of content.matchAll(/^(?:import|export)\b[^'"]*?from\s*['"]([^./'"][^'"]*)['"]/gm)) visit(other ?? "", file);
  };
  for (const name of PACKAGES) visit(name, join(ROOT, "package.json"));
  return found;
}
