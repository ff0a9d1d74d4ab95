import { entryName } from "../schema/primitives.ts";
import { show } from "../show.ts";
import { suggestion } from "../suggest.ts";
import { checkFields, EXTENSION, mapField, textField } from "./fields.ts";
import { child, entries, faultAt, type Node, type NodeFault } from "./node.ts";
import type { Credentials } from "./security.ts";

/** What a security scheme means to the gateway. */
export type Scheme =
  | {
      readonly kind: "jwt";
      readonly provider: string;
      /** Scopes the scheme declares; undefined when it has no word for them. */
      readonly issued: readonly string[] | undefined;
    }
  | { readonly kind: "apiKey" | "clientCertificate"; readonly demand: unknown };

const KEYS = { jwt: "jwt", apiKey: "apiKey", clientCertificate: "clientCertificate" } as const;

/** Reads one entry of components.securitySchemes; undefined after a fault. */
export function readScheme(name: string, node: Node, credentials: Credentials, faults: NodeFault[]): Scheme | undefined {
  if (!checkFields(node, "securityScheme", faults)) return undefined;
  const fault = (rest: readonly string[], message: string, remedy: string) => {
    faults.push(faultAt(node, rest, message, remedy));
    return undefined;
  };
  const type = textField(node, "type", faults);
  switch (type) {
    case "http": {
      const scheme = textField(node, "scheme", faults)?.toLowerCase();
      if (scheme === "bearer") return jwtScheme(name, node, credentials, undefined, faults);
      return fault(
        ["scheme"],
        `the HTTP authentication ${show(scheme ?? null)} is not enforced by the gateway`,
        "use bearer, oauth2, openIdConnect, apiKey or mutualTLS",
      );
    }
    case "oauth2":
      return jwtScheme(name, node, credentials, flowScopes(node), faults);
    case "openIdConnect":
      return jwtScheme(name, node, credentials, undefined, faults);
    case "apiKey":
      return apiKeyScheme(node, credentials, faults);
    case "mutualTLS": {
      const extension = readDemand(node, KEYS.clientCertificate, faults);
      return extension && { kind: "clientCertificate", demand: extension.demand };
    }
    default:
      return fault(
        type === undefined ? [] : ["type"],
        type === undefined ? "the scheme has no type" : `${show(type)} is not a type of security scheme`,
        "allowed: http, oauth2, openIdConnect, apiKey, mutualTLS",
      );
  }
}

function jwtScheme(
  name: string,
  node: Node,
  credentials: Credentials,
  issued: string[] | undefined,
  faults: NodeFault[],
): Scheme | undefined {
  const extension = mapField(node, EXTENSION, faults);
  if (extension && !onlyKey(extension, KEYS.jwt, faults)) return undefined;
  const named = extension && child(extension, KEYS.jwt);
  if (named !== undefined && typeof named.value !== "string") {
    faults.push(faultAt(named, [], `expected a text, found ${show(named.value)}`, "give the name of a JWT provider"));
    return undefined;
  }
  const provider = named === undefined ? name : String(named.value);
  if (credentials.jwtProviders.includes(provider)) return { kind: "jwt", provider, issued };
  const usable = credentials.jwtProviders.filter((known) => entryName.safeParse(known).success).slice(0, 10);
  faults.push(
    faultAt(
      named ?? node,
      [],
      `there is no JWT provider ${show(provider)} in the gateway document`,
      usable.length > 0
        ? `name the provider that checks these tokens: x-gateway: { jwt: ${usable.length === 1 ? usable[0] : `<${usable.join(" | ")}>`} }`
        : "declare it under jwt.providers in the gateway document",
    ),
  );
  return undefined;
}

function apiKeyScheme(node: Node, credentials: Credentials, faults: NodeFault[]): Scheme | undefined {
  const place = textField(node, "in", faults);
  if (place !== "header") {
    faults.push(
      faultAt(
        node,
        place === undefined ? [] : ["in"],
        `API keys in ${show(place ?? null)} are not accepted: they end up in logs and links`,
        "use in: header",
      ),
    );
    return undefined;
  }
  const header = textField(node, "name", faults);
  if (header?.toLowerCase() !== credentials.apiKeyHeader) {
    faults.push(
      faultAt(
        node,
        header === undefined ? [] : ["name"],
        `API keys come in the header "${credentials.apiKeyHeader}", not in ${show(header ?? null)}`,
        header === undefined
          ? `give name: ${credentials.apiKeyHeader}`
          : `write name: ${credentials.apiKeyHeader}, or set apiKeys.header in the gateway document`,
      ),
    );
    return undefined;
  }
  const extension = readDemand(node, KEYS.apiKey, faults);
  return extension && { kind: "apiKey", demand: extension.demand };
}

/** What the scheme's x-gateway demands beyond "some": plans of a key, names of a certificate. */
function readDemand(node: Node, key: string, faults: NodeFault[]): { demand: unknown } | undefined {
  const extension = mapField(node, EXTENSION, faults);
  if (extension === undefined) return { demand: true };
  return onlyKey(extension, key, faults) ? { demand: child(extension, key)?.value ?? true } : undefined;
}

function onlyKey(extension: Node, key: string, faults: NodeFault[]): boolean {
  const others = entries(extension).filter(([found]) => found !== key);
  for (const [found, entry] of others) faults.push(faultAt(entry, [], `unknown field ${show(found)}`, suggestion(found, [key], "")));
  return others.length === 0;
}

function flowScopes(node: Node): string[] {
  const flows = entries(child(node, "flows"));
  return [...new Set(flows.flatMap(([, flow]) => entries(child(flow, "scopes")).map(([scope]) => scope)))];
}
