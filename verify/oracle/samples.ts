import type { GatewayModel, Route } from "../../components/spec/model.ts";
import { judgePath } from "./paths.ts";

/** Stands where a path has a parameter; a word no data set holds, so that backends find nothing to show or change. */
const WORDS = ["gateway-verify", "gateway-verify-0", "zz-gateway-verify"];

/** A path that leads to this very route; undefined when more specific routes cover all of it that we can think of. */
export function samplePath(model: GatewayModel, route: Route): string | undefined {
  const method = route.methods[0];
  if (method === undefined) return undefined;
  return WORDS.map((word) => fill(route, word)).find((path) => {
    const verdict = judgePath(model, method, path);
    return verdict.kind === "route" && verdict.route.name === route.name;
  });
}

function fill(route: Route, word: string): string {
  if (route.grpc) return `/${route.grpc.service}/${route.grpc.method ?? "GatewayVerify"}`;
  const segments = route.path.segments.map((segment) => ("literal" in segment ? segment.literal : word));
  if (route.path.kind === "prefix") segments.push(word);
  return `/${segments.join("/")}${route.path.trailingSlash ? "/" : ""}`;
}

/** A path no route knows. */
export function unknownPath(model: GatewayModel): string | undefined {
  const candidates = ["/gateway-verify-unknown", "/gateway-verify/unknown/path", "/", "/gateway.verify.Unknown/Call"];
  return candidates.find((path) => judgePath(model, "GET", path).kind === "unknown");
}
