import type { GatewayModel } from "../../../components/spec/model.ts";
import { type Observations, sorted } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import { text } from "./rbac.ts";

/** An answer of Envoy's own, before its rules have turned it into the gateway's. */
interface Reply {
  readonly status: number;
  /** What Envoy notes for itself about why: RESPONSE_CODE_DETAILS. */
  readonly details: string;
  /** False where Envoy answers before the request has got an id. */
  readonly id: boolean;
  readonly grpc: boolean;
}

const denied = (policy: string) => `rbac_access_denied_matched_policy[${policy}]`;

/** Each kind of refusal, and the status clients have to get. */
const REPLIES: readonly (readonly [status: number, details: string, wanted: number, challenge?: "plain" | "invalid"])[] = [
  [403, denied("url-too-long"), 414],
  [403, denied("headers-too-large"), 431],
  [403, denied("ambiguous-path"), 400],
  [403, denied("ambiguous-host"), 400],
  [403, denied("ambiguous-authorization"), 400],
  [403, denied("ambiguous-api-key"), 400],
  [403, denied("address"), 403],
  [403, denied("1-unauthenticated"), 401, "plain"],
  [403, denied("2-forbidden"), 403],
  [403, denied("0-undeclared"), 403],
  [401, "jwt_authn_access_denied{Jwt_is_missing}", 401, "plain"],
  [401, "jwt_authn_access_denied{Jwt_is_expired}", 401, "invalid"],
  [401, "jwt_authn_access_denied{Jwt_verification_fails}", 401, "invalid"],
  [401, "jwt_authn_access_denied{Jwks_remote_fetch_is_failed}", 503],
  [401, "anything_else", 401, "plain"],
  [404, "route_not_found", 404],
  [405, "direct_response", 405],
  [413, "request_payload_too_large", 413],
  [421, "direct_response", 421],
  [429, "local_rate_limited", 429],
  [502, "upstream_reset_before_response_started{protocol_error}", 502],
  [503, "no_healthy_upstream", 503],
  [504, "response_timeout", 504],
  [418, "anything_else", 500],
  [507, "anything_else", 500],
];
/** Statuses Envoy may answer with before there is an id. */
const EARLY = [400, 408, 413, 426, 431, 500, 501, 503];

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  421: "Misdirected Request",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
/** Where Envoy's own translation to a gRPC status says too little. */
const GRPC: Readonly<Record<number, string>> = { 400: "3", 405: "12", 413: "8", 414: "8", 421: "12", 431: "8", 504: "4" };

/** Sends each kind of Envoy's own answers through the rules for them: status, text, id, challenge. */
export function observeReplies(manager: Json, model: GatewayModel, o: Observations): void {
  const mappers: Json[] = manager?.local_reply_config?.mappers ?? [];
  const judge = (reply: Reply, wanted: number, challenge: string | undefined): void => {
    const found = mappers.find(({ filter }) => holds(filter, reply));
    const headers = Object.fromEntries((found?.headers_to_add ?? []).map(({ header }: Json) => [header?.key, header?.value]));
    const control = wanted === 401 ? "require.jwt" : "errors.problem";
    const what = `${reply.status} ${reply.details}${reply.id ? "" : " without an id"}${reply.grpc ? " to gRPC" : ""}`;
    const format = found?.body_format_override;
    const spoken =
      reply.grpc && reply.id ? (format?.text_format_source?.inline_string ?? format?.json_format?.title) : format?.json_format?.title;
    o.same(
      control,
      what,
      [
        wanted,
        reply.grpc && reply.id ? `${TITLES[wanted]} (request %STREAM_ID%)` : TITLES[wanted],
        reply.grpc && reply.id ? null : challenge,
        reply.grpc && reply.id ? GRPC[wanted] : undefined,
        reply.id ? null : "%UNIQUE_ID%",
        reply.grpc && reply.id ? null : reply.id ? "%STREAM_ID%" : "%RESP(x-request-id)%",
      ],
      [
        found?.status_code ?? reply.status,
        spoken,
        reply.grpc && reply.id ? null : headers["www-authenticate"],
        headers["grpc-status"],
        reply.id ? null : headers["x-request-id"],
        reply.grpc && reply.id ? null : format?.json_format?.requestId,
      ],
    );
  };
  const plain = "%METADATA(ROUTE:gateway:challenge)%";
  const challenges = { plain, invalid: `${plain}, error="invalid_token"` };
  for (const grpc of model.routes.some((route) => route.grpc) ? [false, true] : [false])
    for (const [status, details, wanted, challenge] of REPLIES)
      judge({ status, details, id: true, grpc }, wanted, challenge && challenges[challenge]);
  for (const status of EARLY) for (const id of [true, false]) judge({ status, details: "codec_error", id, grpc: false }, status, undefined);
}

/** True when a rule's condition holds for an answer. @throws Error for a condition this reader does not know */
function holds(filter: Json, reply: Reply): boolean {
  const [[kind, value] = ["nothing", undefined], ...more] = Object.entries((filter ?? {}) as Record<string, Json>);
  if (more.length > 0) throw new Error(`condition ${JSON.stringify(filter)}`);
  switch (kind) {
    case "and_filter":
      return (value.filters as Json[]).every((one) => holds(one, reply));
    case "or_filter":
      return (value.filters as Json[]).some((one) => holds(one, reply));
    case "status_code_filter": {
      const { op, value: limit } = value.comparison;
      if (op === "EQ") return reply.status === limit.default_value;
      if (op === "GE") return reply.status >= limit.default_value;
      throw new Error(`comparison ${op}`);
    }
    case "header_filter": {
      const { name, present_match: present, string_match: matcher } = value.header;
      const found = ({ "x-request-id": reply.id ? "x" : undefined, "content-type": reply.grpc ? "application/grpc" : undefined } as Json)[
        name
      ];
      return present === undefined ? found !== undefined && text(matcher, found) : (found !== undefined) === present;
    }
    case "extension_filter":
      return String(value.typed_config.expression)
        .split(" || ")
        .some((part) => {
          const wanted = /^response\.code_details\.contains\('(.*)'\)$/.exec(part)?.[1];
          if (wanted === undefined) throw new Error(`expression ${part}`);
          return reply.details.includes(wanted);
        });
    default:
      throw new Error(`condition ${kind}`);
  }
}

/** Every answer Envoy makes itself has HSTS and, for all but gRPC clients, is problem+json with the request's id and nothing else. */
export function observeErrors(manager: Json, hsts: string, o: Observations): void {
  const mappers: Json[] = manager.local_reply_config?.mappers ?? [];
  o.holds("errors.problem", "", "there are rules for the gateway's own answers", mappers.length >= 20);
  const handled = new Set<number>();
  for (const { status_code, headers_to_add, body_format_override, filter } of mappers) {
    const headers = Object.fromEntries(
      (headers_to_add ?? []).map(({ header, append_action }: Json) => [
        header.key,
        append_action === "OVERWRITE_IF_EXISTS_OR_ADD" || header.key === "x-request-id" ? header.value : undefined,
      ]),
    );
    o.same("tls.hsts", "tls.hsts", hsts, headers["strict-transport-security"]);
    const format = body_format_override?.json_format;
    if (format) {
      o.same(
        "errors.problem",
        "",
        ["about:blank", "%RESPONSE_CODE%", "application/problem+json"],
        [format.type, format.status, body_format_override.content_type],
      );
      o.same("errors.problem", "", ["requestId", "status", "title", "type"], sorted(Object.keys(format)));
      o.holds("errors.problem", "", "the title is a plain text", /^[A-Za-z -]+$/.test(format.title));
      o.holds(
        "errors.problem",
        "",
        "the request's id is the only variable",
        ["%STREAM_ID%", "%RESP(x-request-id)%"].includes(format.requestId),
      );
      handled.add(Number(status_code));
    } else
      o.holds(
        "errors.problem",
        "",
        "gRPC clients get a text without internals",
        /^[A-Za-z -]+ \(request %STREAM_ID%\)$/.test(body_format_override?.text_format_source?.inline_string ?? ""),
      );
    o.holds("errors.problem", "", "an answer for a condition", filter !== undefined);
    if (Number(status_code) === 401 && format && filter?.status_code_filter === undefined)
      o.holds(
        "require.jwt",
        "",
        "401 names the challenge",
        String(headers["www-authenticate"]).startsWith("%METADATA(ROUTE:gateway:challenge)%"),
      );
  }
  for (const status of [400, 401, 403, 404, 405, 408, 413, 414, 426, 429, 431, 500, 502, 503, 504])
    o.holds("errors.problem", "", `${status} is answered as a problem`, handled.has(status));
}
