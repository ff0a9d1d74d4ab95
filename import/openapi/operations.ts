import { plainParameters } from "../../components/spec/openapi/names.ts";
import { show } from "../../components/spec/show.ts";
import { isRoutePath } from "../paths.ts";
import type { Field } from "../reader.ts";
import { ALL_METHODS, backendUrl, remarkAllMethods } from "../values.ts";
import { type Api, type ApiRoute, KEEP } from "./api.ts";
import { callersOf } from "./schemes.ts";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch"] as const;

/** Every operation becomes a route. */
export function readOperations(api: Api): void {
  const around = callersOf(api.root, api);
  for (const [template, item] of api.root.entries("paths")) {
    if (template.startsWith("x-")) continue;
    const target = api.root.map("paths")?.map(template);
    if (target === undefined) continue;
    target.leaveAll(["$ref"], "behaviour", "references to other files are not followed", "bundle the document into one file first");
    target.leaveAll(["summary", "description", "parameters"], "description", "payloads and their description", KEEP);
    target.leaveAll(["servers"], "behaviour", "a server of its own for some paths", "write a document for each public host name");
    target.leaveAll(["trace"], "behaviour", "TRACE is never carried: it shows a client what proxies added", "nothing to do");
    const any = api.vendor.anyMethod;
    const listed = METHODS.filter((method) => item.has(method));
    for (const method of any !== undefined && item.has(any) ? [...listed, any] : listed) {
      const operation = item.map(method);
      if (operation !== undefined) readOperation(method, template, item, operation, api, around);
    }
  }
}

function readOperation(
  method: string,
  template: string,
  item: Field,
  operation: Field,
  api: Api,
  around: ReturnType<typeof callersOf>,
): void {
  const { draft, vendor } = api;
  const any = method === vendor.anyMethod;
  const sibling = METHODS.filter((known) => item.has(known)).map((known) => known.toUpperCase());
  const route: ApiRoute = {
    path: api.basePath + plainParameters(vendor.path?.(template) ?? template),
    methods: any ? ALL_METHODS.filter((known) => !sibling.includes(known)) : [method.toUpperCase()],
    fields: {},
  };
  if (any) remarkAllMethods(operation);
  const summary = operation.text("summary");
  const id = operation.text("operationId");
  operation.leaveAll(
    ["tags", "description", "externalDocs", "parameters", "requestBody", "responses", "deprecated", "consumes", "produces", "schemes"],
    "description",
    "payloads and their description",
    KEEP,
  );
  operation.leaveAll(["callbacks"], "operation", "callbacks are requests the services send; they do not pass the gateway", "nothing to do");
  operation.leaveAll(["servers"], "behaviour", "a server of its own for one operation", "write a document for each public host name");
  vendor.operation?.(operation, item, route, api);
  const callers = callersOf(operation, api) ?? route.callers ?? around ?? "unsaid";
  if (route.dropped) return;
  if (!isRoutePath(route.path)) {
    operation.leave(
      "behaviour",
      `the path ${show(route.path)} cannot be written in a document`,
      "say it with templates and a /* at its end",
    );
    return;
  }
  route.fields.backend ??= namelessBackend(draft);
  const name = id ?? `${any ? "any" : method} ${template}`;
  const fields = {
    path: route.path,
    methods: route.methods,
    ...route.fields,
    ...(summary === undefined ? {} : { summary: summary.slice(0, 500) }),
  };
  draft.addRoute(name, fields, callers === "refused" ? [] : callers);
}

/** The backend of operations that say nothing about one. */
function namelessBackend(draft: Api["draft"]): string {
  if (!draft.backends.has("api")) {
    draft.backends.set("api", {});
    backendUrl(draft, "api", undefined);
  }
  return "api";
}
