import type { Json } from "../../json.ts";
import { bytes, evaluate } from "./csharp.ts";

/** A request as API Management's expressions see it. */
export interface ApimRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly host: string;
  readonly scheme?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly address: string;
  readonly subscription: string | undefined;
  readonly certificate: readonly string[] | undefined;
  /** SHA-256 of the certificate, hexadecimal. */
  readonly certificateHash?: string;
  /** True when an authority signed it that the document does not name. @default false */
  readonly foreignCertificate?: boolean;
  /** Extended key usages of the certificate, hexadecimal DER. @default clientAuth */
  readonly certificateUsage?: string;
  readonly bodyBytes?: number;
  readonly token?: { readonly provider: string; readonly text: string; readonly claims: Json };
  /** Identifier of the gateway that serves; the service's own has none. */
  readonly gatewayId?: string;
}

/** An answer under way to the client. */
export interface Answer {
  status: number;
  reason: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** What expressions look at while a request is judged. */
export interface State {
  /** Request headers, names in lower case. */
  headers: Record<string, string>;
  readonly variables: Map<string, unknown>;
  answer: Answer | undefined;
  error: { readonly source: string; readonly reason: string } | undefined;
  elapsedMs: number;
}

/** Extended key usage clientAuth (1.3.6.1.5.5.7.3.2) in DER. */
export const CLIENT_AUTH = "06082b06010505070302";

/** What stands for the platform's own names. */
export const REQUEST_ID = "request-id";
export const SERVICE = "service";

/** `context` of policy expressions. */
export function contextOf(request: ApimRequest, state: State): Json {
  const variables = new Proxy({} as Json, {
    get: (_, name: string) => {
      if (name === "GetValueOrDefault") return (key: string, otherwise: unknown) => state.variables.get(key) ?? otherwise;
      if (name === "ContainsKey") return (key: string) => state.variables.has(key);
      if (!state.variables.has(name)) throw new Error(`KeyNotFoundException: ${name}`);
      return state.variables.get(name);
    },
  });
  return {
    Variables: variables,
    RequestId: REQUEST_ID,
    get Elapsed() {
      return { TotalMilliseconds: state.elapsedMs };
    },
    Deployment: { ServiceName: SERVICE, GatewayId: request.gatewayId ?? "managed" },
    Subscription: request.subscription === undefined ? null : { Id: request.subscription },
    get LastError() {
      return state.error === undefined ? null : { Reason: state.error.reason, Source: state.error.source };
    },
    get Response() {
      return state.answer === undefined ? null : { StatusCode: state.answer.status, Headers: headersOf(() => state.answer?.headers ?? {}) };
    },
    Request: {
      Method: request.method,
      IpAddress: request.address,
      Body: request.bodyBytes === undefined ? null : {},
      Headers: headersOf(() => state.headers),
      Certificate:
        request.certificate === undefined
          ? null
          : { RawData: bytes(`30${request.certificateUsage ?? CLIENT_AUTH}`, request.certificateHash ?? "00") },
      OriginalUrl: { Path: request.path, QueryString: request.query ?? "", Host: request.host, Scheme: request.scheme ?? "https" },
      Url: { Path: request.path, QueryString: request.query ?? "", Host: request.host },
    },
  };
}

function headersOf(current: () => Record<string, string>): Json {
  return {
    GetValueOrDefault: (name: string, otherwise: string) => current()[name.toLowerCase()] ?? otherwise,
    [Symbol.iterator]: () =>
      Object.entries(current())
        .map(([Key, value]) => ({ Key, Value: [value] }))
        [Symbol.iterator](),
    ContainsKey: (name: string) => current()[name.toLowerCase()] !== undefined,
  };
}

/** `AsJwt` is a method of strings; the text of the request's token is the only one there is. */
export function provideJwt({ token }: ApimRequest): void {
  Object.defineProperty(evaluate('@("".constructor.prototype)', {}) as object, "AsJwt", {
    configurable: true,
    value: () =>
      token
        ? {
            Issuer: token.claims.iss,
            Audiences: evaluate(`@(new string[] { ${JSON.stringify(String(token.claims.aud))} })`, {}),
            Algorithm: "",
          }
        : null,
  });
}
