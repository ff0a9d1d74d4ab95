import type { GatewayModel } from "../../components/spec/model.ts";
import { judgePath, type PathVerdict } from "../oracle/paths.ts";
import { samplePath } from "../oracle/samples.ts";
import { EXPECT, type Expectation, judge, refusedSomehow } from "../oracle/statuses.ts";
import { failed, type Probe } from "../probe.ts";

interface Spelling {
  readonly id: string;
  readonly what: string;
  readonly path: string;
}

/** Spellings that may be refused, taken as they stand or decoded; which of these is not settled, only that none leads to the backend. */
const UNSETTLED: ReadonlySet<string> = new Set([
  "matrix-dot",
  "encoded-letter",
  "overlong-slash",
  "encoded-question-mark",
  "encoded-hash",
  "tab",
  "space",
  "line-break",
  "bare-percent",
]);

/** Other spellings of a protected route's path, sent without credentials: none may reach the backend. */
export function pathProbes(model: GatewayModel): Probe[] {
  const open = trampoline(model);
  return model.routes.flatMap((route) => {
    const path = samplePath(model, route);
    const method = route.methods[0];
    if (path === undefined || method === undefined || route.requirement.kind === "public") return [];
    return spellings(path, open).flatMap(({ id, what, path: target }): Probe[] => {
      const expected = UNSETTLED.has(id) ? EXPECT.anyRefusal : expectation(judgePath(model, method, target));
      if (expected === undefined) return [];
      return [
        {
          id: `path.${id}@${route.name}`,
          control: "request.path",
          title: `${what} is no way round what the route asks for: ${target}`,
          attack: true,
          run: async (context) => {
            const answer = await context.send({ method, target });
            const { reached } = await context.judgeReach(answer);
            if (reached && answer.status < 400) return failed(`reached the backend without a credential: status ${answer.status}`);
            return judge(refusedSomehow(expected), answer, context.settings.exact);
          },
        },
      ];
    });
  });
}

/** What the spelling must be answered with; undefined when it leads to a public route of its own, which nothing protects. */
function expectation(verdict: PathVerdict): Expectation | undefined {
  if (verdict.kind === "ambiguous") return EXPECT.badRequest;
  if (verdict.kind === "unknown") return EXPECT.unknownPath;
  if (verdict.kind === "method") return EXPECT.otherMethod;
  return verdict.route.requirement.kind === "public" ? undefined : EXPECT.unauthenticated;
}

/** A public path below which a traversal can start; a path nobody knows where there is none. */
function trampoline(model: GatewayModel): string {
  const prefixes = model.routes.filter((route) => route.requirement.kind === "public" && !route.grpc);
  const best =
    prefixes.find((route) => route.path.kind === "prefix") ?? prefixes.find((route) => route.path.kind === "template") ?? prefixes[0];
  const path = best && samplePath(model, best);
  return path === undefined ? "/gateway-verify" : path.slice(0, path.lastIndexOf("/")) || "/gateway-verify";
}

function spellings(path: string, open: string): Spelling[] {
  const rest = path.slice(1);
  const first = rest.charCodeAt(0).toString(16);
  const up = "../".repeat(open.split("/").length - 1);
  const encodedUp = up.replaceAll("/", "%2f");
  const last = path.lastIndexOf("/");
  const cases: readonly (readonly [id: string, what: string, path: string])[] = [
    ["double-slash", "A second slash in front", `//${rest}`],
    ["triple-slash", "Three slashes in front", `///${rest}`],
    ["inner-double-slash", "A second slash before the last segment", `${path.slice(0, last)}//${path.slice(last + 1)}`],
    ["dot-segment", "A dot segment", `/./${rest}`],
    ["encoded-dot-segment", "An encoded dot segment", `/%2e/${rest}`],
    ["parent-segment", "A parent segment", `/gateway-verify/../${rest}`],
    ["encoded-parent-segment", "An encoded parent segment", `/gateway-verify/%2e%2e/${rest}`],
    ["half-encoded-parent-segment", "A half encoded parent segment", `/gateway-verify/.%2E/${rest}`],
    ["above-root", "A parent segment above the root", `/../${rest}`],
    ["public-parent", "A parent segment below a public path", `${open}/${up}${rest}`],
    ["public-encoded-parent", "An encoded parent segment below a public path", `${open}/${up.replaceAll("..", "%2e%2e")}${rest}`],
    ["public-encoded-traversal", "A parent segment with encoded slashes below a public path", `${open}/${encodedUp}${rest}`],
    ["public-backslash", "A parent segment with backslashes below a public path", `${open}/${up.replaceAll("/", "\\")}${rest}`],
    [
      "public-encoded-backslash",
      "A parent segment with encoded backslashes below a public path",
      `${open}/${up.replaceAll("/", "%5c")}${rest}`,
    ],
    ["public-matrix", "A parent segment with a matrix parameter below a public path", `${open}/${up.replaceAll("../", "..;/")}${rest}`],
    ["encoded-slash", "An encoded slash at the end", `${path}%2f`],
    ["encoded-slash-upper", "An encoded slash in capitals at the end", `${path}%2F`],
    ["encoded-leading-slash", "An encoded slash in front", `/%2f${rest}`],
    ["encoded-backslash", "An encoded backslash at the end", `${path}%5c`],
    ["backslash", "A backslash in front", `/\\${rest}`],
    ["trailing-backslash", "A backslash at the end", `${path}\\`],
    ["double-encoded-slash", "A doubly encoded slash at the end", `${path}%252f`],
    ["double-encoded-parent", "A doubly encoded parent segment below a public path", `${open}/%252e%252e/${rest}`],
    ["null-byte", "An encoded NUL at the end", `${path}%00`],
    ["null-byte-extension", "An encoded NUL with a file extension", `${path}%00.css`],
    ["matrix-parent", "A parent segment with a matrix parameter", `/gateway-verify/..;/${rest}`],
    ["matrix-dot", "A dot segment with a matrix parameter", `/.;/${rest}`],
    ["matrix-parent-value", "A parent segment with a matrix parameter's value", `/gateway-verify/..;a=b/${rest}`],
    ["encoded-letter", "An encoded letter", `/%${first}${rest.slice(1)}`],
    ["overlong-slash", "An overlong UTF-8 slash at the end", `${path}%c0%af`],
    ["encoded-question-mark", "An encoded question mark and a file name", `${path}%3f.css`],
    ["encoded-hash", "An encoded number sign and a file name", `${path}%23.css`],
    ["tab", "An encoded tab at the end", `${path}%09`],
    ["space", "An encoded space at the end", `${path}%20`],
    ["line-break", "An encoded line break at the end", `${path}%0d%0a`],
    ["bare-percent", "A percent sign that encodes nothing", `${path}%`],
    ["query-traversal", "A traversal in the query", `${path}?/../../x`],
  ];
  return cases.map(([id, what, spelled]) => ({ id, what, path: spelled }));
}
