import { serverPath } from "../../components/spec/openapi/servers.ts";
import { show } from "../../components/spec/show.ts";
import type { Draft } from "../draft.ts";
import type { Field } from "../reader.ts";
import { publicName } from "../values.ts";
import { readOperations } from "./operations.ts";
import { readSchemes, type Scheme } from "./schemes.ts";

/** An OpenAPI document on its way into a draft. */
export interface Api {
  readonly draft: Draft;
  readonly root: Field;
  readonly version: 2 | 3;
  /** Put before every path. */
  basePath: string;
  readonly schemes: ReadonlyMap<string, Scheme>;
  readonly vendor: Vendor;
}

/** A route being read; a vendor adds what its extensions say. */
export interface ApiRoute {
  /** The path of the operation, with the base path. */
  path: string;
  methods: string[];
  readonly fields: Record<string, unknown>;
  /** What the vendor knows about callers beyond `security`. */
  callers?: "public" | "refused";
  /** The route is not carried over; the vendor has said why. */
  dropped?: boolean;
}

/** How one gateway product extends OpenAPI. Each hook reads its extensions and leaves the rest. */
export interface Vendor {
  /** Extensions at the top, read before the operations. */
  document?(api: Omit<Api, "schemes">): void;
  /** A security scheme that the product's extensions explain; undefined for an ordinary one. */
  scheme?(name: string, field: Field, draft: Draft): Scheme | undefined;
  /** The server's address is no public name one can keep. */
  ownServer?(host: string, basePath: string, server: Field, api: Omit<Api, "schemes">): boolean;
  /** Extensions of a path item and its operation. Called with the operation. */
  operation?(operation: Field, item: Field, route: ApiRoute, api: Api): void;
  /** Extensions of a path item that stand for operations, such as any-method. */
  readonly anyMethod?: string;
  /** A path as the document writes it; undefined when it cannot. */
  path?(template: string): string | undefined;
  /** Called after the last operation. */
  finish?(api: Api): void;
}

/** Reads an OpenAPI 3.x or Swagger 2.0 document. */
export function readApi(root: Field, draft: Draft, vendor: Vendor): void {
  const written = root.text(root.has("openapi") ? "openapi" : "swagger") ?? "";
  if (!/^(2\.0|3\.[01]\.[0-9]+(-.+)?)$/.test(written))
    root
      .at(root.has("openapi") ? "openapi" : "swagger")
      ?.leave("unknown", `version ${show(written)} is not known; it was read as 3.1`, "look at every route");
  const version = root.has("swagger") ? 2 : 3;
  const info = root.map("info");
  draft.name(info?.text("title"));
  for (const [key, field] of info?.entries() ?? []) if (key !== "title") field.leave("description", "the API's own description", KEEP);
  const api = { draft, root, version, basePath: "", vendor } as const;
  const reading = { ...api, basePath: "" } as Omit<Api, "schemes">;
  if (version === 3) readServers(root, reading);
  else readHost(root, reading);
  vendor.document?.(reading);
  root.leaveAll(
    ["tags", "externalDocs", "definitions", "responses", "parameters", "consumes", "produces", "jsonSchemaDialect"],
    "description",
    "payloads and their description",
    KEEP,
  );
  root.leaveAll(["webhooks"], "operation", "webhooks are requests the services send; they do not pass the gateway", "nothing to do");
  for (const [key, field] of root.map("components")?.entries() ?? [])
    if (key !== "securitySchemes") field.leave("description", "payloads and their description", KEEP);
  const complete: Api = { ...reading, schemes: readSchemes(reading) };
  readOperations(complete);
  vendor.finish?.(complete);
}

export const KEEP = "keep the API's document for its readers; a gateway does not need it";

function readServers(root: Field, api: Omit<Api, "schemes">): void {
  const [first, ...others] = root.maps("servers");
  for (const other of others) other.leave("behaviour", "a second server; a document has one public host name", "write a document for each");
  if (first === undefined) return;
  const url = first.text("url") ?? "";
  first.at("description")?.leave("description", "the API's own description", KEEP);
  const values = new Map<string, string>();
  for (const [name, variable] of first.entries("variables")) {
    values.set(name, variable.text("default") ?? "");
    variable.leaveAll(["enum", "description"], "description", "the API's own description", KEEP);
  }
  const filled = url.replace(/\{([^{}]*)\}/g, (whole, name: string) => values.get(name) ?? whole);
  const host = URL.parse(filled)?.hostname ?? "";
  const basePath = serverPath({
    value: { url: filled },
    source: { file: "", value: undefined, position: () => ({ line: 1, column: 1 }) },
    path: [],
  });
  place(host, basePath, first, api);
}

function readHost(root: Field, api: Omit<Api, "schemes">): void {
  const host = (root.text("host") ?? "").replace(/:[0-9]+$/, "");
  const basePath = (root.text("basePath") ?? "").replace(/\/+$/, "");
  root.leaveAll(["schemes"], "operation", "the schemes of the API; a gateway serves HTTPS only", "nothing to do");
  place(host, basePath, root, api);
}

function place(host: string, basePath: string, at: Field, api: Omit<Api, "schemes">): void {
  if (api.vendor.ownServer?.(host, basePath, at, api)) return;
  const name = publicName(host);
  if (name !== undefined) api.draft.hostname(name);
  else if (host !== "")
    at.at(api.version === 3 ? "url" : "host")?.leave("behaviour", `${show(host)} is no public host name`, "give hostname");
  api.basePath = basePath;
}
