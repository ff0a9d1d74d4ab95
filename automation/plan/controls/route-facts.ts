import { digest } from "../../../components/digest.ts";
import type { Cors, HeaderRules, JwtProvider, Route } from "../../../components/spec/model.ts";
import { requirementTexts } from "../review/routes.ts";
import { trustFact } from "./backend-facts.ts";
import type { ControlFact } from "./facts.ts";
import { accessFacts, factsOf, fingerprints, limitFacts } from "./front-facts.ts";

/** What a route promises. */
export function routeFacts(route: Route): ControlFact[] {
  const fact = factsOf(`route ${route.name}`);
  const { requirement, path, methods, grpc, cors, bodyBytes, timeoutMs } = route;
  const where = grpc ? `gRPC ${grpc.service}${grpc.method === undefined ? "" : `/${grpc.method}`}` : path.text;
  return [
    // A route that was not there lets something through that nothing did; it only weakens when nobody has to show anything.
    fact(
      "require",
      requirementTexts(requirement).join(" or "),
      { kind: "requirement", requirement },
      requirement.kind === "public" ? "stronger" : "neutral",
    ),
    fact("path", where, { kind: "exact", value: where }, "neutral"),
    ...(grpc ? [] : [fact("methods", methods.join(", "), { kind: "accepts", values: methods }, "neutral")]),
    ...accessFacts(fact, route.access),
    ...limitFacts(fact, route.rateLimits),
    ...(cors === undefined ? [] : corsFacts(fact, cors)),
    fact("bodyLimit", `${bodyBytes} bytes`, { kind: "atMost", value: bodyBytes }, "neutral"),
    fact("timeout", `${timeoutMs} ms`, { kind: "atMost", value: timeoutMs }, "neutral"),
    fact("backends", backendsText(route), { kind: "free" }, "neutral"),
    ...headerFacts(fact, "request", route.headers.request),
    ...headerFacts(fact, "response", route.headers.response),
  ];
}

const backendsText = ({ backends, rewrite }: Route) =>
  `${backends.map(({ name, weight }) => (backends.length === 1 ? name : `${name} (${weight})`)).join(", ")}${rewrite ? ` as ${rewrite.text}` : ""}`;

function corsFacts(fact: ReturnType<typeof factsOf>, cors: Cors): ControlFact[] {
  const origins = cors.anyOrigin ? undefined : cors.allowOrigins;
  return [
    fact("cors.allowOrigins", origins?.join(", ") ?? "every origin", { kind: "accepts", values: origins }, "stronger"),
    fact("cors.allowMethods", cors.allowMethods.join(", "), { kind: "accepts", values: cors.allowMethods }, "stronger"),
    fact("cors.allowHeaders", cors.allowHeaders.join(", ") || "none", { kind: "accepts", values: cors.allowHeaders }, "stronger"),
    fact("cors.exposeHeaders", cors.exposeHeaders.join(", ") || "none", { kind: "accepts", values: cors.exposeHeaders }, "stronger"),
    fact(
      "cors.allowCredentials",
      cors.allowCredentials ? "yes" : "no",
      { kind: "level", value: cors.allowCredentials ? 0 : 1 },
      cors.allowCredentials ? "stronger" : "neutral",
    ),
  ];
}

/** Headers a document changes; what it takes away or sets may be a protection, such as `x-content-type-options`. */
export function headerFacts(fact: ReturnType<typeof factsOf>, way: "request" | "response", rules: HeaderRules): ControlFact[] {
  return [
    ...Object.entries({ ...rules.set }).map(([name, value]) =>
      fact(`headers.${way}.set ${name}`, value, { kind: "exact", value: digest(value) }),
    ),
    ...Object.entries(rules.add).map(([name, value]) => fact(`headers.${way}.add ${name}`, value, { kind: "free" }, "neutral")),
    ...(rules.remove.length === 0
      ? []
      : [fact(`headers.${way}.remove`, rules.remove.join(", "), { kind: "covers", values: rules.remove })]),
  ];
}

/** What is asked of tokens of a provider. */
export function providerFacts(provider: JwtProvider): ControlFact[] {
  const fact = factsOf(`jwt provider ${provider.name}`);
  const { issuer, audiences, keys, algorithms, clockSkewSeconds, forward, claimToHeaders } = provider;
  const from = keys.kind === "inline" ? `in the document, ${fingerprints([keys.jwks]).join("")}` : keys.uri;
  return [
    fact("issuer", issuer, { kind: "exact", value: issuer }, "neutral"),
    fact("audiences", audiences.join(", "), { kind: "accepts", values: audiences }, "neutral"),
    fact("keys", from, { kind: "exact", value: from }, "neutral"),
    ...(keys.kind === "remote" ? [trustFact(fact, "keys.trust", keys.trust)] : []),
    fact("algorithms", algorithms.join(", "), { kind: "accepts", values: algorithms }, "neutral"),
    fact("clockSkew", `${clockSkewSeconds} s`, { kind: "atMost", value: clockSkewSeconds }, "neutral"),
    fact("forward", forward ? "passed on" : "kept from backends", { kind: "level", value: forward ? 0 : 1 }, "neutral"),
    fact("claimToHeaders", JSON.stringify(claimToHeaders), { kind: "exact", value: JSON.stringify(claimToHeaders) }, "neutral"),
  ];
}
