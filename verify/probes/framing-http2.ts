import type { GatewayModel } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { failed, type Probe, SkipProbe, type Verdict } from "../probe.ts";
import { connectTls } from "../wire/connect.ts";
import { END_HEADERS, END_STREAM, encodeFields, type Field, FRAME, type RawRequest, sendRaw } from "../wire/http2.ts";
import { refusedIfAlive } from "./tls.ts";

interface Http2Attack {
  readonly id: string;
  readonly what: string;
  readonly request: (base: readonly Field[]) => RawRequest;
  /** Statuses besides refusals that show the attack came to nothing. */
  readonly harmless?: readonly number[];
}

const DATA = (text: string, flags: number = END_STREAM) => ({ type: FRAME.data, flags, payload: Buffer.from(text) });

const extra = (id: string, what: string, ...fields: Field[]): Http2Attack => ({
  id,
  what,
  request: (base) => ({ fields: [...base, ...fields] }),
});

/** One pseudo-header changed; undefined leaves it out. */
const pseudo = (id: string, what: string, name: string, value: string | undefined, harmless: readonly number[] = []): Http2Attack => ({
  id,
  what,
  harmless,
  request: (base) => ({
    fields: base.flatMap(([key, old]): Field[] =>
      key === name ? (value === undefined ? [] : [[key, value.replace("{}", old)]]) : [[key, old]],
    ),
  }),
});

const withBody = (id: string, what: string, fields: readonly Field[], frames: RawRequest["frames"]): Http2Attack => ({
  id,
  what,
  request: (base) => ({
    fields: [...base.map(([name, value]): Field => [name, name === ":method" ? "POST" : value]), ...fields],
    frames: frames ?? [],
  }),
});

const ATTACKS: readonly Http2Attack[] = [
  withBody(
    "transfer-encoding",
    "Transfer-Encoding over HTTP/2",
    [["transfer-encoding", "chunked"]],
    [DATA("0\r\n\r\nGET / HTTP/1.1\r\n\r\n")],
  ),
  extra("connection", "a Connection header", ["connection", "keep-alive"]),
  extra("keep-alive", "a Keep-Alive header", ["keep-alive", "timeout=5"]),
  extra("proxy-connection", "a Proxy-Connection header", ["proxy-connection", "keep-alive"]),
  extra("upgrade", "an Upgrade header", ["upgrade", "h2c"]),
  extra("te", "a TE header other than trailers", ["te", "gzip"]),
  extra("name-upper-case", "a header name in capitals", ["X-Verify", "a"]),
  extra("name-colon", "a header name with a colon", ["x:verify", "a"]),
  extra("name-space", "a header name with a space", ["x verify", "a"]),
  extra("name-line-break", "a header name with a line break", ["x-verify\r\ntransfer-encoding", "chunked"]),
  extra("name-null", "a header name with a NUL", ["x-ver\0ify", "a"]),
  extra("name-empty", "a header without a name", ["", "a"]),
  extra("value-line-break", "a header value with a line break", ["x-verify", "a\r\ntransfer-encoding: chunked"]),
  extra("value-line-feed", "a header value with a bare line feed", ["x-verify", "a\ntransfer-encoding: chunked"]),
  extra("value-carriage-return", "a header value with a bare carriage return", ["x-verify", "a\rb"]),
  extra("value-null", "a header value with a NUL", ["x-verify", "a\0b"]),
  extra("pseudo-unknown", "an unknown pseudo-header", [":verify", "a"]),
  extra("pseudo-status", "a pseudo-header of answers", [":status", "200"]),
  extra("pseudo-twice", "a second :path", [":path", "/gateway-verify"]),
  extra("pseudo-method-twice", "a second :method", [":method", "DELETE"]),
  {
    id: "pseudo-late",
    what: "a pseudo-header after a header",
    request: (base) => ({
      fields: [...base.filter(([name]) => name !== ":path"), ["x-verify", "a"], ...base.filter(([name]) => name === ":path")],
    }),
  },
  pseudo("method-missing", "no :method", ":method", undefined),
  pseudo("method-space", "a :method with a space", ":method", "GET /gateway-verify HTTP/1.1"),
  pseudo("method-line-break", "a :method with a line break", ":method", "GET / HTTP/1.1\r\nHost: gateway-verify.example\r\n\r\nGET"),
  pseudo("path-missing", "no :path", ":path", undefined),
  pseudo("path-empty", "an empty :path", ":path", "", [404]),
  pseudo("path-space", "a :path with a space", ":path", "{} HTTP/1.1"),
  pseudo("path-line-break", "a :path with a line break", ":path", "{} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"),
  pseudo("path-null", "a :path with a NUL", ":path", "{}\0"),
  pseudo("path-asterisk", "an asterisk as :path of GET", ":path", "*", [404]),
  pseudo("path-absolute", "an absolute URL as :path", ":path", "https://gateway-verify.example{}", [404]),
  pseudo("path-backslash", "a :path that starts with a backslash", ":path", "\\{}", [404]),
  pseudo("scheme-missing", "no :scheme", ":scheme", undefined),
  pseudo("scheme-host", "a :scheme with a host in it", ":scheme", "https://gateway-verify.example/?"),
  pseudo("scheme-line-break", "a :scheme with a line break", ":scheme", "https\r\nx-verify: a"),
  pseudo("authority-empty", "an empty :authority", ":authority", "", [404]),
  pseudo("authority-line-break", "an :authority with a line break", ":authority", "{}\r\nx-verify: a"),
  pseudo("authority-path", "an :authority with a path", ":authority", "{}/gateway-verify", [404]),
  pseudo("authority-userinfo", "an :authority with user information", ":authority", "{}@gateway-verify.example", [404]),
  withBody("length-longer", "a Content-Length longer than the body", [["content-length", "50"]], [DATA("aaaaa")]),
  withBody("length-shorter", "a Content-Length shorter than the body", [["content-length", "1"]], [DATA("aaaaa")]),
  withBody(
    "length-twice",
    "two Content-Length headers that differ",
    [
      ["content-length", "5"],
      ["content-length", "0"],
    ],
    [DATA("aaaaa")],
  ),
  withBody("length-letters", "a Content-Length that is no number", [["content-length", "five"]], [DATA("aaaaa")]),
  withBody(
    "trailer-pseudo",
    "a pseudo-header in the trailers",
    [],
    [DATA("aaaaa", 0), { type: FRAME.headers, flags: END_STREAM | END_HEADERS, payload: encodeFields([[":path", "/gateway-verify"]]) }],
  ),
  { id: "stream-even", what: "a request on a stream of the server's", request: (base) => ({ fields: base, stream: 2 }) },
  withBody(
    "data-on-zero",
    "data on the connection's own stream",
    [],
    [{ type: FRAME.data, flags: 0, stream: 0, payload: Buffer.from("aaaaa") }],
  ),
  withBody("continuation-alone", "a continuation of nothing", [], [{ type: FRAME.continuation, flags: 0, payload: Buffer.from("aaaaa") }]),
];

/** Requests that only HTTP/2 can spell, many of them smuggling once a gateway turns them into HTTP/1.1 for its backend. */
export function http2FramingProbes(_model: GatewayModel): Probe[] {
  return ATTACKS.map((attack) => ({
    id: `framing.h2-${attack.id}`,
    control: "request.framing",
    title: `Refused over HTTP/2: ${attack.what}`,
    attack: true,
    run: (context) => refused(context, attack),
  }));
}

async function refused(context: ProbeContext, attack: Http2Attack): Promise<Verdict> {
  context.needConnection();
  const { settings, client } = context;
  const socket = await connectTls({
    endpoint: settings.endpoint,
    serverName: settings.hostname,
    ca: settings.caCertificate,
    clientCertificate: client.options.clientCertificate,
    alpn: ["h2"],
    timeoutMs: settings.exchangeTimeoutMs,
    signal: settings.signal,
  });
  if (socket.alpnProtocol !== "h2") {
    socket.destroy();
    throw new SkipProbe("the gateway does not speak HTTP/2");
  }
  const base: Field[] = [
    [":method", "GET"],
    [":scheme", "https"],
    [":authority", settings.authority],
    [":path", context.somePath()],
  ];
  const outcome = await sendRaw(socket, attack.request(base), settings.exchangeTimeoutMs);
  if (outcome.kind === "closed") return refusedIfAlive(context, "connection closed");
  if (outcome.kind === "reset") return refusedIfAlive(context, `${outcome.frame} with error ${outcome.code}`);
  const refusals = [400, 403, 413, 421, 431, 501, ...(attack.harmless ?? [])];
  if (refusals.includes(outcome.status)) return refusedIfAlive(context, `status ${outcome.status}`);
  return failed(`expected a refusal, got status ${outcome.status}`);
}
