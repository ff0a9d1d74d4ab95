import { show } from "../../components/spec/show.ts";
import type { Draft } from "../draft.ts";
import { askedProvider, type Scheme } from "../openapi/schemes.ts";
import type { Field } from "../reader.ts";

/** A security scheme with API Gateway's extensions; undefined for one without. */
export function readAuthorizer(name: string, field: Field, draft: Draft): Scheme | undefined {
  const kind = field.text("x-amazon-apigateway-authtype");
  const authorizer = field.map("x-amazon-apigateway-authorizer");
  if (kind === undefined && authorizer === undefined) return undefined;
  if (authorizer === undefined) {
    field.leave("protection", `callers prove themselves by ${show(kind)}`, "say in require what replaces it");
    return { kind: "none" };
  }
  // What carries the token is said again by identitySource.
  field.leaveAll(
    ["type", "name", "in", "flows", "x-amazon-apigateway-authtype"],
    "operation",
    "how API Gateway finds the token",
    "tokens are read from Authorization only",
  );
  const type = (authorizer.text("type") ?? "").toLowerCase();
  switch (type) {
    case "jwt":
      return { kind: "jwt", provider: jwtProvider(name, authorizer, draft) };
    case "cognito_user_pools":
      return { kind: "jwt", provider: userPool(name, authorizer, draft) };
    default:
      authorizer.leave(
        "protection",
        type === "request" || type === "token" ? "a Lambda function decides who may call" : `an authorizer of type ${show(type)}`,
        "say in require of the routes what the function checks",
      );
      return { kind: "none" };
  }
}

function jwtProvider(name: string, authorizer: Field, draft: Draft): string {
  const settings = authorizer.map("jwtConfiguration");
  const [issuer, audiences] = [settings?.text("issuer"), settings?.texts("audience") ?? []];
  checkSource(authorizer);
  const region = /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com\/[\w-]+$/.test(issuer ?? "");
  return askedProvider(draft, name, {
    ...(issuer === undefined ? {} : { issuer }),
    ...(audiences.length === 0 ? {} : { audiences }),
    ...(region ? { jwksUri: `${issuer}/.well-known/jwks.json` } : {}),
  });
}

/** The issuer and the keys of a user pool follow from its ARN (Amazon Cognito: "Verifying JSON web tokens"). */
function userPool(name: string, authorizer: Field, draft: Draft): string {
  const [first, ...others] = authorizer.items("providerARNs");
  for (const other of others) other.leave("behaviour", "a second user pool", "declare it as another provider and list both in require");
  const arn = /^arn:aws[a-z-]*:cognito-idp:([a-z0-9-]+):[0-9]{12}:userpool\/([\w-]+)$/.exec(first?.text() ?? "");
  if (arn === null) first?.leave("protection", "it is no ARN of a user pool", "say issuer and jwksUri in jwt.providers");
  checkSource(authorizer);
  const issuer = arn === null ? undefined : `https://cognito-idp.${arn[1]}.amazonaws.com/${arn[2]}`;
  return askedProvider(draft, name, issuer === undefined ? {} : { issuer, jwksUri: `${issuer}/.well-known/jwks.json` });
}

function checkSource(authorizer: Field): void {
  authorizer.leaveAll(
    ["authorizerResultTtlInSeconds", "identityValidationExpression"],
    "operation",
    "tokens are checked for every request",
    "nothing to do",
  );
  for (const field of sources(authorizer)) {
    const text = field.text();
    if (text !== undefined && !/^(\$request|method\.request)\.header\.authorization$/i.test(text))
      field.leave("behaviour", `tokens come from ${show(text)}`, "have clients send them in Authorization: Bearer");
  }
}

/** A text in REST APIs, a list in some HTTP APIs. */
function sources(authorizer: Field): Field[] {
  const source = authorizer.at("identitySource");
  if (source === undefined) return [];
  return Array.isArray(source.peek()) ? source.items() : [source];
}
