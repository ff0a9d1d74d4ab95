import type { IssuerSummary } from "../../components/backends/contract.ts";
import { type Answer, UsageError, type Verb } from "../command-line.ts";
import { openStack, withStack } from "../stack.ts";

const collect = (value: string, before: readonly string[]) => [...before, ...value.split(/[\s,]+/).filter((word) => word !== "")];

export const token: Verb = {
  name: "token",
  declare: (command) =>
    withStack(command)
      .description("Sign a test token with the stack's own issuer (`local.issuer` in the document), and print it.")
      .option("--scope <scope>", "a scope the token grants; repeat for several", collect, [])
      .option("--subject <name>", "the `sub` claim", "developer")
      .option(
        "--claim <name=value>",
        "a further claim; repeat for several",
        (pair: string, before: readonly string[]) => [...before, pair],
        [],
      )
      .option("--lifetime <seconds>", "how long it is valid, at most 86400", "3600"),
  async run(line, options): Promise<Answer> {
    const lifetime = Number(options.lifetime);
    if (!Number.isInteger(lifetime) || lifetime < 1 || lifetime > 86_400)
      throw new UsageError(`--lifetime is ${JSON.stringify(options.lifetime)}`, "give 1 to 86400 seconds");
    const claims = Object.fromEntries((options.claim as string[]).map(claim));
    const [{ readOutputs }, { noGateway }] = await Promise.all([
      import("../../automation/outputs.ts"),
      import("../../automation/errors.ts"),
    ]);
    const opened = await openStack(line, options);
    const { issuer, url } = await readOutputs({ ...opened, showSecrets: true });
    if (url === undefined) throw noGateway(opened.stack);
    const signed = await sign(opened.stack, issuer as IssuerSummary | null | undefined, {
      scopes: options.scope as string[],
      claims,
      subject: options.subject as string,
      lifetime,
    });
    return { ok: true, document: signed, text: signed.token };
  },
};

interface Wish {
  readonly scopes: readonly string[];
  readonly claims: Readonly<Record<string, string>>;
  readonly subject: string;
  readonly lifetime: number;
}

async function sign(stack: string, issuer: IssuerSummary | null | undefined, { scopes, claims, subject, lifetime }: Wish) {
  if (!issuer) {
    const { OperationError } = await import("../../automation/errors.ts");
    throw new OperationError(
      "settings",
      `Stack "${stack}" has no issuer of its own`,
      "get a token from its identity provider, or for tests on this machine set `local.issuer` in its overlay",
    );
  }
  const unknown = scopes.filter((scope) => !issuer.scopes.includes(scope));
  if (unknown.length > 0)
    throw new UsageError(
      `--scope ${unknown.join(", ")}: ${issuer.provider} has no such scope`,
      `choose of ${issuer.scopes.join(", ") || "none"}`,
    );
  const [{ SignJWT }, { createPrivateKey }] = await Promise.all([import("jose"), import("node:crypto")]);
  const now = Math.floor(Date.now() / 1000);
  const expires = now + lifetime;
  const payload = { ...claims, ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }) };
  const jwt = await new SignJWT(payload)
    .setProtectedHeader({ alg: issuer.algorithm, kid: issuer.keyId, typ: "JWT" })
    .setIssuer(issuer.issuer)
    .setAudience(issuer.audience)
    .setSubject(subject)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(expires)
    .sign(createPrivateKey(issuer.privateKeyPem));
  return {
    token: jwt,
    provider: issuer.provider,
    issuer: issuer.issuer,
    audience: issuer.audience,
    scopes,
    expiresAt: new Date(expires * 1000).toISOString(),
  };
}

function claim(pair: string): [string, string] {
  const at = pair.indexOf("=");
  if (at < 1) throw new UsageError(`--claim is ${JSON.stringify(pair)}`, "give name=value");
  const name = pair.slice(0, at);
  if (["iss", "aud", "exp", "nbf", "iat", "sub", "scope"].includes(name))
    throw new UsageError(`--claim ${name} is not allowed: the stack or an option of its own sets it`, "leave it out");
  return [name, pair.slice(at + 1)];
}
