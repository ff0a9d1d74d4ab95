import assert from "node:assert/strict";
import fc from "fast-check";
import { pathMatch } from "../../../components/backends/local/envoy/path-pattern.ts";
import { pathTree } from "../../../components/backends/local/envoy/path-tree.ts";
import type { Route, RoutePath } from "../../../components/spec/model.ts";
import { modelOf } from "../../support/live-gateway.ts";

const word = fc.constantFrom("a", "ab", "b", "orders", "order");
const segment = fc.oneof({ weight: 3, arbitrary: word }, { weight: 1, arbitrary: fc.constantFrom("{x}", "{y}") });
const end = fc.constantFrom("", "", "/", "/*");
const pathText = fc
  .tuple(fc.array(segment, { maxLength: 4 }), end)
  .map(([segments, tail]) => (segments.length === 0 ? (tail === "/*" ? "/*" : "/") : `/${segments.join("/")}${tail}`));
const asked = fc
  .tuple(fc.array(fc.oneof(word, fc.constantFrom("17", "abc")), { maxLength: 5 }), fc.constantFrom("", "", "/"))
  .map(([segments, tail]) => (segments.length === 0 ? "/" : `/${segments.join("/")}${tail}`));

/** A path as the document says it. */
function parsed(text: string): RoutePath {
  const prefix = text.endsWith("/*");
  const body = prefix ? text.slice(0, -2) : text.replace(/\/$/, "");
  const segments = body
    .split("/")
    .slice(1)
    .map((part) => (part.startsWith("{") ? { parameter: part.slice(1, -1) } : { literal: part }));
  const template = segments.some((part) => "parameter" in part);
  return {
    text,
    kind: prefix ? "prefix" : template ? "template" : "exact",
    segments,
    trailingSlash: !prefix && text !== "/" && text.endsWith("/"),
  };
}

/** What Envoy's route match does with a path. */
function matches(path: RoutePath, request: string): boolean {
  const match = pathMatch(path) as { path?: string; prefix?: string; safe_regex?: { regex: string } };
  if (match.path !== undefined) return match.path === request;
  if (match.prefix !== undefined) return request.startsWith(match.prefix);
  return new RegExp(`^(?:${match.safe_regex?.regex})$`).test(request);
}

describe("the tree of paths", () => {
  it("finds for every path the route that a search through all of them finds", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(pathText, { minLength: 1, maxLength: 12 }),
        fc.array(asked, { minLength: 1, maxLength: 20 }),
        (texts, requests) => {
          const routes = texts.map((text) => ({ name: text, path: parsed(text) }) as unknown as Route);
          const tree = pathTree(routes);
          for (const request of requests) {
            const wanted = routes.find(({ path }) => matches(path, request))?.name;
            const start = [...tree.keys()].filter((text) => request.startsWith(text)).sort((a, b) => b.length - a.length)[0];
            const found = (tree.get(start ?? "") ?? []).find(({ path }) => matches(path, request))?.name;
            assert.equal(found, wanted, `${request} among ${texts.join(" ")}`);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("leaves a few candidates for each start, however many routes there are", async () => {
    const routes = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [
        `route-${index}`,
        { path: `/area-${index % 40}/thing-${index}${["", "/{id}", "/*"][index % 3]}`, methods: ["GET"], backend: "one", public: true },
      ]),
    );
    const model = await modelOf({ name: "many", hostname: "api.test", backends: { one: { url: "https://one.test" } }, routes });
    const sizes = [...pathTree(model.routes).values()].map((candidates) => candidates.length);
    assert.equal(Math.max(...sizes), 1);
  });
});
