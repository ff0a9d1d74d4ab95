import { createHash, X509Certificate } from "node:crypto";
import type { AuthorizerPolicy } from "./policy.ts";

/** The parts of API Gateway's REQUEST event (payload of REST APIs) that decisions depend on. */
export interface AuthorizerEvent {
  readonly methodArn: string;
  readonly httpMethod: string;
  readonly resource: string;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>> | null;
  readonly requestContext: {
    readonly requestId?: string;
    readonly identity: { readonly sourceIp: string; readonly clientCert?: { readonly clientCertPem?: string } | null };
  };
}

export interface ClientCertificate {
  readonly subjectAltNames: readonly string[];
  /** SHA-256 of the DER form, lower-case hexadecimal. */
  readonly hash: string;
  /** RFC 9440: a structured-field byte sequence. */
  readonly header: string;
}

/** A request as the decision sees it: header names in lower case, every value kept. */
export class AuthorizedRequest {
  readonly route: string;
  readonly methodArn: string;
  readonly clientIp: string;
  readonly #headers = new Map<string, readonly string[]>();
  readonly #pem: string | undefined;

  constructor(event: AuthorizerEvent, policy: AuthorizerPolicy) {
    this.route = `${event.httpMethod} ${event.resource}`;
    this.methodArn = event.methodArn;
    for (const [name, values] of Object.entries(event.multiValueHeaders ?? {})) {
      const key = name.toLowerCase();
      this.#headers.set(key, [...(this.#headers.get(key) ?? []), ...values]);
    }
    this.clientIp = policy.clientIpHeader === undefined ? event.requestContext.identity.sourceIp : (this.only(policy.clientIpHeader) ?? "");
    this.#pem =
      policy.clientCertificateHeader === undefined
        ? (event.requestContext.identity.clientCert?.clientCertPem ?? undefined)
        : decoded(this.only(policy.clientCertificateHeader));
  }

  values(header: string): readonly string[] {
    return this.#headers.get(header) ?? [];
  }

  /** The value of a header that came exactly once. */
  only(header: string): string | undefined {
    const values = this.values(header);
    return values.length === 1 ? values[0] : undefined;
  }

  /** The client's certificate, which the TLS end has verified; undefined without one or when it is not for client authentication. */
  clientCertificate(): ClientCertificate | undefined {
    if (this.#pem === undefined || this.#pem === "") return undefined;
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(this.#pem);
    } catch {
      return undefined;
    }
    const usages = certificate.keyUsage as readonly string[] | undefined;
    if (usages !== undefined && !usages.includes(CLIENT_AUTH) && !usages.includes(ANY_USAGE)) return undefined;
    return {
      subjectAltNames: namesOf(certificate.subjectAltName),
      hash: createHash("sha256").update(certificate.raw).digest("hex"),
      header: `:${certificate.raw.toString("base64")}:`,
    };
  }
}

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ANY_USAGE = "2.5.29.37.0";

function decoded(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/** DNS and URI names. A name Node had to quote holds a separator, so that it could be read as two; such a one is left out. */
function namesOf(text: string | undefined): string[] {
  if (text === undefined || text.includes('"')) return [];
  return text.split(", ").flatMap((entry) => /^(?:DNS|URI):(.+)$/.exec(entry)?.[1] ?? []);
}
