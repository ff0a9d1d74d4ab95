import { posix } from "node:path";
import type { PathPart } from "../faults.ts";
import { isPlainObject } from "../overlay.ts";
import { type FileReader, readFailure } from "../resolve/context.ts";
import { show } from "../show.ts";
import { parseSource, type Source } from "../source.ts";
import { parseUrl } from "../url.ts";
import { faultAt, type Node, type NodeFault, valueAt } from "./node.ts";

/** Most files an OpenAPI document may consist of, and bytes they may have together. */
const MAX_FILES = 1000;
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * References are resolved as URLs below this one, which stands for the gateway document's folder. The folders above let `..` lead out of it.
 * Nothing is ever fetched from there: the only way to a file is the reader the caller gave.
 */
const ABOVE = "folder-above-the-gateway-document";
const BASE = `https://files.invalid/${`${ABOVE}/`.repeat(64)}`;

interface Failure {
  readonly from: string;
  readonly reference: string;
  readonly message: string;
  readonly remedy: string;
}

/** An OpenAPI document with every file its references name. */
export class OpenApiFiles {
  readonly faults: NodeFault[] = [];
  readonly #sources = new Map<string, Source>();
  readonly #failed = new Set<string>();
  readonly #failures: Failure[] = [];
  readonly #read: FileReader;
  readonly #display: (path: string) => string;
  readonly #root: string;
  #exists: (url: string) => boolean = () => false;
  #bytes = 0;

  /** `display` turns a path relative to the gateway document into the one faults show. */
  constructor(path: string, read: FileReader, display: (path: string) => string) {
    this.#root = urlOf(path);
    this.#read = read;
    this.#display = display;
  }

  /** Reads the document and what it refers to; undefined, with faults, when the document itself cannot be used. */
  async load(): Promise<Node | undefined> {
    // Loaded here, so that gateways without an OpenAPI document do not pay for it.
    const { $RefParser } = await import("@apidevtools/json-schema-ref-parser");
    const parser = new $RefParser();
    try {
      await parser.resolve(this.#root, {
        continueOnError: true,
        resolve: { file: false, http: false, reader: { order: 1, canRead: true, read: (file) => this.#open(file) } },
        parse: {
          json: false,
          yaml: false,
          text: false,
          binary: false,
          source: {
            order: 1,
            canParse: true,
            allowEmpty: true,
            parse: (file) => (file.data as unknown as { value: unknown }).value as object,
          },
        },
      });
    } catch {
      // Every failure has been noted by #open, with the reference that caused it.
    }
    this.#exists = (url) => parser.$refs.exists(url);
    const source = this.#sources.get(this.#root);
    this.#reportFailures(source);
    return source && { value: source.value, source, path: [] };
  }

  /** What the reference at `node` leads to, through as many files as it takes; undefined after a fault. */
  follow(node: Node): Node | undefined {
    let at = node;
    for (let hop = 0; hop < 50; hop++) {
      const reference = isPlainObject(at.value) && Object.hasOwn(at.value, "$ref") ? at.value.$ref : undefined;
      if (reference === undefined) return at;
      if (typeof reference !== "string") {
        this.faults.push(
          faultAt(at, ["$ref"], `expected a text, found ${show(reference)}`, "give a reference such as #/components/pathItems/orders"),
        );
        return undefined;
      }
      const url = resolveUrl(reference, this.#urlOf(at.source));
      const target = url === undefined ? undefined : this.#target(url);
      if (target === undefined) {
        if (url === undefined || !this.#failed.has(withoutHash(url)))
          this.faults.push(
            faultAt(at, ["$ref"], `leads nowhere: ${show(reference)}`, "name a place that exists in this document or in a file next to it"),
          );
        return undefined;
      }
      at = target;
    }
    this.faults.push(faultAt(node, ["$ref"], "goes in circles", "let the chain of references end at a definition"));
    return undefined;
  }

  #target(url: string): Node | undefined {
    const source = this.#sources.get(withoutHash(url));
    if (source === undefined || !this.#exists(url)) return undefined;
    const path = pointerOf(url);
    const value = path && valueAt(source.value, path);
    return path === undefined || value === undefined ? undefined : { value, source, path };
  }

  #urlOf(source: Source): string {
    for (const [url, candidate] of this.#sources) if (candidate === source) return url;
    return this.#root;
  }

  #open(file: { url: string; reference?: string; baseUrl?: string }): { value: unknown } {
    const fail = (message: string, remedy: string): Error => {
      this.#failed.add(file.url);
      this.#failures.push({ from: withoutHash(file.baseUrl ?? ""), reference: file.reference ?? "", message, remedy });
      return new Error(message);
    };
    if (/^([a-z][a-z0-9+.-]*:|\/|\\)/i.test(file.reference ?? ""))
      throw fail(
        "leads to another place than a file next to this one",
        "keep the file next to the document and refer to it by a relative path; nothing is fetched",
      );
    if (this.#sources.size >= MAX_FILES)
      throw fail(`is one file too many (${MAX_FILES} are read)`, "bundle the OpenAPI document into fewer files");
    const path = pathOf(file.url);
    let text: string;
    try {
      text = this.#read(path);
    } catch (error) {
      throw fail(`cannot read ${show(path)} (${readFailure(error)})`, "give the path of a readable file");
    }
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes > MAX_BYTES)
      throw fail(`is too much: more than ${MAX_BYTES} bytes in all files`, "leave out what the gateway does not need");
    const { source, faults } = parseSource(text, this.#display(path));
    if (source === undefined) {
      this.#failed.add(file.url);
      this.faults.push(...faults.map((fault) => ({ fault })));
      throw new Error("syntax");
    }
    this.#sources.set(file.url, source);
    return { value: source.value };
  }

  #reportFailures(root: Source | undefined): void {
    for (const failure of this.#failures) {
      const { message, remedy } = failure;
      const source = this.#sources.get(failure.from);
      if (source === undefined || root === undefined) {
        this.faults.push({ document: ["openapi"], message, remedy });
        continue;
      }
      const path = findReference(source.value, failure.reference);
      if (path) this.faults.push(faultAt({ value: undefined, source, path: [...path, "$ref"] }, [], message, remedy));
    }
  }
}

const urlOf = (path: string) => new URL(path.split("/").map(encodeURIComponent).join("/"), BASE).href;

/** Path of a URL's file relative to the gateway document's folder. */
function pathOf(url: string): string {
  const decode = (path: string) => path.split("/").map(decodePart).join("/");
  const { pathname } = new URL(url);
  return posix.relative(new URL(BASE).pathname, decode(pathname));
}

const decodePart = (part: string) => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

const withoutHash = (url: string) => url.split("#", 1)[0] ?? "";

function resolveUrl(reference: string, base: string): string | undefined {
  return parseUrl(reference, base)?.href;
}

/** Parts of a JSON Pointer (RFC 6901) in a URL's fragment; undefined when it is none. */
function pointerOf(url: string): string[] | undefined {
  const fragment = url.split("#", 2)[1] ?? "";
  if (fragment === "") return [];
  if (!fragment.startsWith("/")) return undefined;
  return fragment
    .slice(1)
    .split("/")
    .map((part) => decodePart(part).replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Where a file is first referred to; examples may hold what looks like a reference and is none. */
function findReference(root: unknown, file: string): PathPart[] | undefined {
  const open: { value: unknown; path: PathPart[] }[] = [{ value: root, path: [] }];
  for (let item = open.shift(); item !== undefined; item = open.shift()) {
    const { value, path } = item;
    if (typeof value !== "object" || value === null) continue;
    const reference = isPlainObject(value) ? value.$ref : undefined;
    if (typeof reference === "string" && withoutHash(reference) === file) return path;
    for (const [key, child] of Object.entries(value)) {
      if (key !== "example" && key !== "examples") open.push({ value: child, path: [...path, Array.isArray(value) ? Number(key) : key] });
    }
  }
  return undefined;
}
