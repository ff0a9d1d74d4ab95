import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { type ApiTree, backendPath, type Operation, unfoldRoutes } from "../../../components/backends/aws/definition/tree.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import { matchRoute } from "../../../components/spec/resolve/paths.ts";
import { modelOf } from "../../support/plan.ts";
import { EDGE, text } from "./documents.ts";

interface Found {
  readonly operation: Operation | undefined;
  readonly methods: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * The way API Gateway finds a resource: segment by segment a literal before a variable before the greedy variable, never going back.
 * Undefined: no such resource, 404.
 */
function find(tree: ApiTree, method: string, path: string): Found | undefined {
  const resources = new Set([""]);
  for (const { path: known } of tree.paths) {
    const segments = known.split("/").slice(1);
    segments.forEach((_, index) => {
      resources.add(segments[0] === "" ? "" : `/${segments.slice(0, index + 1).join("/")}`);
    });
  }
  const parts = path === "/" ? [] : path.split("/").slice(1);
  const variables: Record<string, string> = {};
  let at = "";
  for (const [index, part] of parts.entries()) {
    const variable = [...resources].find((known) => known.startsWith(`${at}/`) && /^\{p\d+\}$/.test(known.slice(at.length + 1)));
    if (resources.has(`${at}/${part}`)) at = `${at}/${part}`;
    else if (variable !== undefined) {
      variables[variable.slice(at.length + 2, -1)] = part;
      at = variable;
    } else if (resources.has(`${at}/{proxy+}`)) {
      variables.proxy = parts.slice(index).join("/");
      at = `${at}/{proxy+}`;
      break;
    } else return undefined;
  }
  const operations = tree.paths.find((known) => known.path === (at === "" ? "/" : at))?.operations;
  if (operations === undefined) return undefined;
  return { operation: operations.get(method as never), methods: [...operations.keys()], variables };
}

/** Paths as documents have them: few names, so that they meet often. */
const segment = fc.constantFrom("a", "b", "c", "{x}");
const routePath = fc.tuple(fc.array(segment, { maxLength: 4 }), fc.boolean()).map(([segments, prefix]) => {
  const named = segments.map((one, index) => (one === "{x}" ? `{x${index}}` : one));
  return `/${[...named, ...(prefix ? ["*"] : [])].join("/")}`;
});
const requestPath = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 6 }).map((parts) => `/${parts.join("/")}`);

const routesOf = (paths: readonly { path: string; methods: string[] }[]) => ({
  routes: {
    health: null,
    ...Object.fromEntries(paths.map(({ path, methods }, i) => [`r${i}`, { path, methods, backend: "orders", public: true }])),
  },
});

async function resolved(paths: readonly { path: string; methods: string[] }[]): Promise<GatewayModel | undefined> {
  try {
    return await modelOf(text(EDGE, routesOf(paths)));
  } catch {
    // Two routes for one request: the document is refused before any backend sees it.
    return undefined;
  }
}

describe("AWS resource tree", () => {
  it("leads every request to the route the document means", async () => {
    let compared = 0;
    const route = fc.record({ path: routePath, methods: fc.constantFrom<string[]>(["GET"], ["POST"], ["GET", "PUT"]) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(route, { minLength: 1, maxLength: 6 }),
        fc.array(requestPath, { minLength: 20, maxLength: 20 }),
        async (paths, requests) => {
          const model = await resolved(paths);
          if (model === undefined) return;
          const tree = unfoldRoutes(model.routes);
          for (const request of requests) {
            for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE"]) {
              const meant = matchRoute(model.routes, method, request);
              const found = find(tree, method, request);
              compared++;
              if (meant.kind === "unknown") assert.equal(found, undefined, `${method} ${request}`);
              else if (meant.kind === "otherMethod") {
                assert.equal(found?.operation, undefined, `${method} ${request}`);
                assert.deepEqual([...(found?.methods ?? [])].sort(), [...meant.allow].sort(), `${method} ${request}`);
              } else {
                assert.equal(found?.operation?.route.name, meant.route.name, `${method} ${request}`);
                // What the backend reads is what was asked for.
                const sent = backendPath(found?.operation as Operation, "").replaceAll(
                  /\{(\w+)\}/g,
                  (_, name: string) => found?.variables[name] ?? "",
                );
                assert.equal(sent, request);
              }
            }
          }
        },
      ),
      { numRuns: 400, seed: 20_261_121 },
    );
    assert.ok(compared > 10_000, `only ${compared} requests compared`);
  });

  it("does not let a wider path serve a method that a narrower one leaves out", async () => {
    const model = await resolved([
      { path: "/files/*", methods: ["GET", "PUT"] },
      { path: "/files/readme", methods: ["GET"] },
    ]);
    const tree = unfoldRoutes(model?.routes ?? []);
    assert.deepEqual(find(tree, "PUT", "/files/readme")?.operation, undefined);
    assert.equal(find(tree, "PUT", "/files/other")?.operation?.route.name, "r0");
  });

  it("binds parameters wherever a rewrite puts them", async () => {
    const model = await modelOf(
      text(EDGE, {
        backends: { orders: { url: "https://orders.shop.example.com/base" } },
        routes: {
          health: null,
          v: {
            path: "/files/{name}/versions/{version}",
            methods: ["GET"],
            backend: "orders",
            public: true,
            rewrite: { path: "/v/{version}/of/{name}" },
          },
          all: { path: "/files/*", methods: ["GET"], backend: "orders", public: true, rewrite: { path: "/archive/*" } },
        },
      }),
    );
    const tree = unfoldRoutes(model.routes);
    const uris = tree.paths.map(({ path, operations }) => [path, backendPath(operations.get("GET") as Operation, "/base")]);
    assert.deepEqual(uris, [
      ["/files/{p2}", "/base/archive/{p2}"],
      ["/files/{p2}/versions", "/base/archive/{p2}/versions"],
      ["/files/{p2}/versions/{p4}", "/base/v/{p4}/of/{p2}"],
      ["/files/{p2}/versions/{p4}/{proxy+}", "/base/archive/{p2}/versions/{p4}/{proxy}"],
      ["/files/{p2}/{proxy+}", "/base/archive/{p2}/{proxy}"],
    ]);
  });

  it("puts a backend's base path before the root as before every path", async () => {
    const model = await resolved([{ path: "/", methods: ["GET"] }]);
    const [root] = unfoldRoutes((model as GatewayModel).routes).paths;
    assert.equal(backendPath(root?.operations.get("GET") as Operation, "/base"), "/base/");
    assert.equal(backendPath(root?.operations.get("GET") as Operation, ""), "/");
  });

  it("counts resources as API Gateway does, and stops counting at the quota", async () => {
    const model = await resolved([
      { path: "/a/b/{x}", methods: ["GET"] },
      { path: "/a/c/*", methods: ["GET"] },
    ]);
    assert.equal(unfoldRoutes(model?.routes ?? []).resources, 6);
    const many = await resolved(Array.from({ length: 50 }, (_, i) => ({ path: `/p${i}`, methods: ["GET"] })));
    assert.equal(unfoldRoutes(many?.routes ?? [], 10).resources, 51);
  });
});
