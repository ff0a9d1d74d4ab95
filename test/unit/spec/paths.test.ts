import assert from "node:assert/strict";
import fc from "fast-check";
import { ambiguousPairs } from "../../../components/spec/resolve/overlaps.ts";
import { canMeet, compareSpecificity, matchesPath, parseRoutePath, patternOf, sortRoutes } from "../../../components/spec/resolve/paths.ts";
import { routePath } from "../../../components/spec/schema/routes.ts";

const WORDS = ["a", "b"];
/** Every path of up to four segments over two words and an empty one: enough to tell any two of the templates below apart. */
const PATHS = allPaths(4);

function allPaths(most: number): string[] {
  const levels: string[][] = [[""]];
  for (let depth = 1; depth <= most; depth++) {
    const before = levels[depth - 1] ?? [];
    levels.push(before.flatMap((path) => [...WORDS, "x", ""].map((word) => `${path}/${word}`)));
  }
  return levels.slice(1).flat();
}

const segment = fc.constantFrom(...WORDS, "{p}", "{q}");
const template = fc
  .record({ segments: fc.array(segment, { maxLength: 3 }), end: fc.constantFrom("", "/", "/*") })
  .map(({ segments, end }) => {
    const seen = new Set<string>();
    const distinct = segments.map((part) => {
      const name = seen.has(part) && part.startsWith("{") ? `{${part.slice(1, -1)}${seen.size}}` : part;
      seen.add(part);
      return name;
    });
    return `${distinct.map((part) => `/${part}`).join("")}${end}` || "/";
  });

/** What a template matches, said another way: as a regular expression. */
function asExpression(text: string): RegExp {
  const body = text
    .replace(/\/\*$/, "")
    .split("/")
    .filter((part) => part !== "")
    .map((part) => (part.startsWith("{") ? "/[^/]+" : `/${part}`))
    .join("");
  const end = text.endsWith("/*") ? "/.*" : text.endsWith("/") ? "/" : "";
  return new RegExp(`^${body}${end}$`);
}

describe("route paths", () => {
  it("are accepted by the schema and keep their text", () => {
    fc.assert(
      fc.property(template, (text) => {
        assert.equal(routePath.parse(text), text);
        assert.equal(parseRoutePath(text).text, text);
      }),
      { numRuns: 300 },
    );
  });

  it("match what a regular expression of the same meaning matches", () => {
    fc.assert(
      fc.property(template, (text) => {
        const parsed = parseRoutePath(text);
        const expression = asExpression(text);
        for (const path of PATHS) assert.equal(matchesPath(parsed, path), expression.test(path), `${text} and ${path}`);
      }),
      { numRuns: 300 },
    );
  });

  it("have one pattern exactly when they match the same paths", () => {
    fc.assert(
      fc.property(template, template, (a, b) => {
        const [left, right] = [parseRoutePath(a), parseRoutePath(b)];
        const same = PATHS.every((path) => matchesPath(left, path) === matchesPath(right, path));
        assert.equal(patternOf(left) === patternOf(right), same, `${a} and ${b}`);
      }),
      { numRuns: 1000 },
    );
  });

  it("can meet exactly when some path matches both", () => {
    fc.assert(
      fc.property(template, template, (a, b) => {
        const [left, right] = [parseRoutePath(a), parseRoutePath(b)];
        const meeting = PATHS.find((path) => matchesPath(left, path) && matchesPath(right, path));
        assert.equal(canMeet(left, right), meeting !== undefined, `${a} and ${b}: ${meeting}`);
        assert.equal(canMeet(left, right), canMeet(right, left));
      }),
      { numRuns: 1000 },
    );
  });

  it("are ordered the same whatever their order in the document", () => {
    fc.assert(
      fc.property(fc.uniqueArray(template, { maxLength: 8 }), fc.infiniteStream(fc.nat()), (texts, random) => {
        const routes = texts.map((text) => ({ name: text, path: parseRoutePath(text) }));
        const shuffled = routes
          .map((route) => ({ route, at: random.next().value as number }))
          .sort((x, y) => x.at - y.at)
          .map(({ route }) => route);
        assert.deepEqual(sortRoutes(shuffled), sortRoutes(routes));
      }),
      { numRuns: 300 },
    );
  });

  it("leave no path undecided unless the pair is reported as ambiguous", () => {
    fc.assert(
      fc.property(fc.uniqueArray(template, { maxLength: 6 }), (texts) => {
        const routes = texts.map((text) => ({ name: text, path: parseRoutePath(text), methods: ["GET" as const], grpc: undefined }));
        const reported = new Set(ambiguousPairs(routes).flatMap(([a, b]) => [`${a.name} ${b.name}`, `${b.name} ${a.name}`]));
        const sorted = sortRoutes(routes);
        for (const path of PATHS) {
          const [first, second] = sorted.filter((route) => matchesPath(route.path, path));
          if (first === undefined || second === undefined) continue;
          const decided = compareSpecificity(first.path, second.path) < 0;
          assert.equal(decided, !reported.has(`${first.name} ${second.name}`), `${path}: ${first.name}, ${second.name}`);
        }
      }),
      { numRuns: 300 },
    );
  });

  const REFUSED = [
    "",
    "orders",
    "//",
    "/a//b",
    "/a?b",
    "/a#b",
    "/a/{b",
    "/{a}{b}",
    "/a{b}",
    "/{1}",
    "/a/*/b",
    "/*a",
    "/a%2f",
    "/a\\b",
    "/a b",
    "/ä",
  ];
  for (const text of REFUSED) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(routePath.safeParse(text).success, false));
  }
});
