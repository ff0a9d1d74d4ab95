import type { GatewayModel } from "../../../spec/model.ts";
import { assigning, type Expression, header, literal, statements, variable } from "./csharp.ts";
import type { Profiles } from "./profiles.ts";

/** Characters of RFC 3986 that may stand in a path here: no semicolon (path parameters), no backslash, nothing beyond ASCII. */
const OTHER = "[^A-Za-z0-9._~!$&'()*+,=:@%/-]";
/** An empty segment that is not the last, or one that ends in a dot: dot segments, and names that some file systems read without the dot. */
const SEGMENTS = "//|\\.(/|$)";
/**
 * Percent-encodings with a second reading: broken ones, control characters, slash, backslash, percent sign, semicolon,
 * and characters that need no encoding and so have another spelling.
 */
const ENCODINGS =
  "%(?![0-9A-Fa-f]{2})|%([01][0-9A-Fa-f]|7[Ff]|25|2[EeFfDd]|3[Bb]|5[CcFf]|7[Ee]|3[0-9]|4[1-9A-Fa-f]|5[0-9Aa]|6[1-9A-Fa-f]|7[0-9Aa])";

/**
 * What is wrong with the request before anything else is looked at, as a status; empty when nothing is. A client without an address that can be
 * read is refused, because no list and no limit could judge it.
 * A path with two readings is refused, never repaired: what is judged is what is sent on.
 */
export function shapeExpression(model: GatewayModel): Expression {
  const { urlBytes, headerBytes } = model.limits;
  return statements(
    "var r = context.Request; var u = r.OriginalUrl; var p = u.Path;",
    ...hostCheck(model),
    `if (p.Length + u.QueryString.Length > ${urlBytes}) { return "414"; }`,
    "var size = 0;",
    `foreach (var h in r.Headers) { if (h.Key.Contains("_")) { return "400"; } foreach (var v in h.Value) { size += h.Key.Length + v.Length + 4; } }`,
    `if (size > ${headerBytes}) { return "431"; }`,
    `if (${header("Transfer-Encoding")} != "" && ${header("Content-Length")} != "") { return "400"; }`,
    `if (${header("Content-Length")}.Contains(",")) { return "400"; }`,
    `return Regex.IsMatch(p, ${literal(OTHER)}) || Regex.IsMatch(p, ${literal(SEGMENTS)}) || Regex.IsMatch(p, ${literal(ENCODINGS)}) ? "400" : ${variable("client")} == "" ? "403" : "";`,
  );
}

/** The host must be the public name; Front Door says what its client asked for, and asks for the service's own name itself. */
function hostCheck({ edge, hostname }: GatewayModel): string[] {
  const is = (value: string, expected: string) => `${value}.Equals(${expected}, StringComparison.OrdinalIgnoreCase)`;
  return edge === "none"
    ? [`if (!${is("u.Host", literal(hostname))}) { return "421"; }`]
    : [
        `if (!${is("u.Host", `context.Deployment.ServiceName + ".azure-api.net"`)} || !${is(header("X-Forwarded-Host"), literal(hostname))}) { return "421"; }`,
      ];
}

/** Every spelling of the path that has passed the shape check; a path without its slash is the root. */
export const pathExpression = (): Expression =>
  statements(`var p = context.Request.OriginalUrl.Path; return p.StartsWith("/", StringComparison.Ordinal) ? p : "/" + p;`);

/** 413 for a declared length above the route's, 411 for a body without one: it could only be measured by taking it all in. */
export function bodyExpression(profiles: Profiles): Expression {
  return statements(
    "var limit = 0L;",
    profiles.select(({ bodyBytes }) => String(bodyBytes), String(profiles.model.limits.bodyBytes), ...assigning("limit")),
    `var length = ${header("Content-Length")};`,
    `if (length == "") { return context.Request.Body == null ? "" : "411"; }`,
    `return length.Length > 15 || Regex.IsMatch(length, "[^0-9]") ? "400" : long.Parse(length) > limit ? "413" : "";`,
  );
}
