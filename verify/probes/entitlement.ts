import type { ControlId } from "../../components/backends/controls.ts";
import type { GatewayModel } from "../../components/spec/model.ts";
import { EXPECT } from "../oracle/statuses.ts";
import { type Probe, SkipProbe } from "../probe.ts";
import { type TokenRoute, tokenRoutes, withAuthorization } from "./jwt.ts";

type Change = (claims: Record<string, unknown>) => Record<string, unknown>;

/** Valid tokens that do not entitle: scopes and claims on every route, tokens of providers the route does not accept. */
export function entitlementProbes(model: GatewayModel): Probe[] {
  return tokenRoutes(model).flatMap((target) => [...scopeProbes(target), ...claimProbes(target), ...providerProbes(model, target)]);
}

function probe(target: TokenRoute, id: string, control: ControlId, title: string, change: Change): Probe {
  return {
    id: `${id}${target.suffix}`,
    control,
    title,
    attack: true,
    run: async (context) => {
      const { route, alternative, provider } = target;
      const mint = context.credentials.mintFor(alternative.jwt?.providers ?? []);
      if (mint === undefined) throw new SkipProbe(`no key to sign tokens of "${provider.name}" was given`);
      const token = await mint.sign(change(context.credentials.claims(mint, route, alternative)));
      // Where another part of the alternative is there, the token is valid and only the right is missing.
      return withAuthorization(context, target, `Bearer ${token}`, {}, EXPECT.forbidden);
    },
  };
}

function scopeProbes(target: TokenRoute): Probe[] {
  const scopes = target.alternative.jwt?.scopes ?? [];
  const [first = ""] = scopes;
  if (first === "") return [];
  const scope = (id: string, what: string, change: Change) =>
    probe(target, `scope.${id}`, "require.jwt.scopes", `Refused: a valid token ${what}`, change);
  const others = target.provider.scopes.filter((known) => !scopes.includes(known));
  return [
    scope("none", "without scopes", (claims) => ({ ...claims, scope: undefined })),
    scope("empty", "with an empty scope", (claims) => ({ ...claims, scope: "" })),
    ...scopes.map((missing) =>
      scope(`without-${missing}`, `without ${missing}`, (claims) => ({
        ...claims,
        scope: ["openid", ...others, ...scopes.filter((other) => other !== missing)].join(" "),
      })),
    ),
    scope("longer", `with a scope that starts with ${first}`, (claims) => ({ ...claims, scope: replaced(scopes, `${first}.more`) })),
    scope("shorter", `with the start of ${first}`, (claims) => ({ ...claims, scope: replaced(scopes, first.slice(0, -1)) })),
    scope("prefixed", `with a scope that ends in ${first}`, (claims) => ({ ...claims, scope: replaced(scopes, `not-${first}`) })),
    scope("case", "with the scopes in capitals", (claims) => ({ ...claims, scope: scopes.join(" ").toUpperCase() })),
    scope("comma", "with the scopes joined by commas", (claims) => ({ ...claims, scope: ["openid", ...scopes].join(",") })),
    scope("wildcard", "with a wildcard as scope", (claims) => ({ ...claims, scope: "*" })),
    scope("other-claim", "with the scopes in claims of other names", (claims) => ({
      ...claims,
      scope: undefined,
      scopes: scopes.join(" "),
      permissions: scopes,
      roles: scopes,
    })),
  ];
}

const replaced = (scopes: readonly string[], first: string) => ["openid", first, ...scopes.slice(1)].join(" ");

function claimProbes(target: TokenRoute): Probe[] {
  return Object.entries(target.alternative.jwt?.claims ?? {}).flatMap(([claim, values]) => {
    const [value = ""] = values;
    const changed = (id: string, what: string, wrong: unknown) =>
      probe(target, `claim.${id}-${claim}`, "require.jwt.claims", `Refused: a valid token with ${claim} ${what}`, (claims) =>
        withClaim(claims, claim, wrong),
      );
    return [
      changed("missing", "missing", undefined),
      changed("wrong", "of another value", "gateway-verify"),
      changed("longer", "that starts like an accepted value", `${value}-gateway-verify`),
      changed("shorter", "that is the start of an accepted value", value.slice(0, -1)),
      changed("case", "in other letters", value === value.toUpperCase() ? value.toLowerCase() : value.toUpperCase()),
      changed("object", "that is an object", { [value]: value }),
    ];
  });
}

/** Sets the claim both as it stands and as a path into objects, like the right token has it. */
function withClaim(claims: Record<string, unknown>, claim: string, value: unknown): Record<string, unknown> {
  const parts = claim.split(".");
  const nested =
    parts.length === 1 ? {} : { [parts[0] as string]: parts.slice(1).reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) };
  return { ...claims, ...nested, [claim]: value };
}

/** A token that is right for one provider must not open a route that accepts another one only. */
function providerProbes(model: GatewayModel, target: TokenRoute): Probe[] {
  const accepted = target.alternative.jwt?.providers ?? [];
  const { route } = target;
  const anywhere =
    route.requirement.kind === "public" ? [] : route.requirement.alternatives.flatMap((alternative) => alternative.jwt?.providers ?? []);
  return Object.values(model.jwtProviders)
    .filter(({ name }) => !anywhere.includes(name))
    .map((other) => ({
      id: `jwt.provider-${other.name}${target.suffix}`,
      control: "require.jwt",
      title: `Refused: a right token of ${other.name}, which this route does not accept`,
      attack: true,
      run: async (context) => {
        const mint = context.credentials.mintFor([other.name]);
        if (mint === undefined) throw new SkipProbe(`no key to sign tokens of "${other.name}" was given`);
        const { scopes = [], claims = {} } = target.alternative.jwt ?? {};
        const wanted = Object.fromEntries(Object.entries(claims).map(([claim, values]) => [claim, values[0]]));
        const audience = model.jwtProviders[accepted[0] ?? ""]?.audiences[0];
        const token = await mint.sign(mint.claims({ ...wanted, scope: scopes.join(" "), aud: [...other.audiences, audience] }));
        return withAuthorization(context, target, `Bearer ${token}`, {}, EXPECT.unauthorized);
      },
    }));
}
