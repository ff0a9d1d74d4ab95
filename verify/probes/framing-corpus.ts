/** What an attack is built from. */
export interface AttackTarget {
  /** Value of `Host`. */
  readonly authority: string;
  /** A path the gateway serves. */
  readonly path: string;
  /** A path it does not. */
  readonly unknown: string;
}

export interface Attack {
  readonly id: string;
  readonly title: string;
  /** Method of the first request, which says whether its answer has a body. @default "POST" */
  readonly method?: string;
  /** Statuses besides refusals that show the attack came to nothing. */
  readonly harmless?: readonly number[];
  /** RFC 9112 allows a gateway to repair this before it passes the request on; then nothing of this pattern may reach the backend. */
  readonly repairable?: RegExp;
  readonly bytes: (target: AttackTarget) => Buffer;
}

const latin1 = (text: string) => Buffer.from(text, "latin1");

/** The request that would be hidden: its answer would be the second one. */
const hidden = ({ authority, unknown }: AttackTarget) => `GET ${unknown} HTTP/1.1\r\nHost: ${authority}\r\nX-Verify: hidden\r\n\r\n`;

/** A POST with these framing headers and this body, and with the hidden request somewhere in it. */
const post = (
  id: string,
  title: string,
  headers: readonly string[],
  body: (rest: string) => string,
  more: Partial<Attack> = {},
): Attack => ({
  ...more,
  id,
  title: `Refused: ${title}`,
  bytes: (target) =>
    latin1(`POST ${target.path} HTTP/1.1\r\nHost: ${target.authority}\r\n${headers.join("\r\n")}\r\n\r\n${body(hidden(target))}`),
});

const chunkedEnd = (rest: string) => `0\r\n\r\n${rest}`;
const oneChunk = (rest: string) => `${rest.length.toString(16)}\r\n${rest}\r\n0\r\n\r\n`;

/** Content-Length and Transfer-Encoding, together or in forms that not everybody reads. */
export const AMBIGUOUS: readonly Attack[] = [
  post(
    "cl-te",
    "Content-Length and Transfer-Encoding, the first to be believed",
    ["Content-Length: 6", "Transfer-Encoding: chunked"],
    chunkedEnd,
  ),
  post(
    "te-cl",
    "Transfer-Encoding and Content-Length, the second to be believed",
    ["Transfer-Encoding: chunked", "Content-Length: 4"],
    oneChunk,
  ),
  post("te-twice", "two Transfer-Encoding headers", ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], chunkedEnd),
  post("te-list-identity", "chunked, then identity", ["Transfer-Encoding: chunked, identity"], chunkedEnd),
  post("te-list-twice", "chunked twice", ["Transfer-Encoding: chunked, chunked"], chunkedEnd),
  post("te-list-unknown", "an unknown encoding before chunked", ["Transfer-Encoding: gateway-verify, chunked"], chunkedEnd),
  post("te-prefix", "xchunked", ["Transfer-Encoding: xchunked", "Content-Length: 5"], chunkedEnd),
  post("te-suffix", "chunkedx", ["Transfer-Encoding: chunkedx", "Content-Length: 5"], chunkedEnd),
  post("te-space-name", "a space before the colon", ["Transfer-Encoding : chunked", "Content-Length: 5"], chunkedEnd),
  post("te-tab-name", "a tab before the colon", ["Transfer-Encoding\t: chunked", "Content-Length: 5"], chunkedEnd),
  post("te-space-line", "a space before the name", [" Transfer-Encoding: chunked", "Content-Length: 5"], chunkedEnd),
  post("te-vertical-tab", "a vertical tab before chunked", ["Transfer-Encoding:\vchunked", "Content-Length: 5"], chunkedEnd),
  post("te-null", "a NUL behind chunked", ["Transfer-Encoding: chunked\0", "Content-Length: 5"], chunkedEnd),
  post("te-folded", "chunked on a folded line", ["Transfer-Encoding:\r\n chunked", "Content-Length: 5"], chunkedEnd),
  post("te-quoted", "chunked in quotes", ['Transfer-Encoding: "chunked"', "Content-Length: 5"], chunkedEnd),
  post(
    "te-line-feed",
    "a header hidden behind a bare line feed",
    ["X-Verify: a\nTransfer-Encoding: chunked", "Content-Length: 5"],
    chunkedEnd,
  ),
  post(
    "te-carriage-return",
    "a header hidden behind a bare carriage return",
    ["X-Verify: a\rTransfer-Encoding: chunked", "Content-Length: 5"],
    chunkedEnd,
    { repairable: /\r/ },
  ),
  post("te-semicolon", "chunked with a parameter", ["Transfer-Encoding: chunked;a=b", "Content-Length: 5"], chunkedEnd),
  post("cl-twice", "two Content-Length headers that differ", ["Content-Length: 5", "Content-Length: 0"], (rest) => `aaaaa${rest}`),
  post("cl-list", "a list of lengths that differ", ["Content-Length: 5, 0"], (rest) => `aaaaa${rest}`),
  post("cl-plus", "a length with a plus sign", ["Content-Length: +5"], (rest) => `aaaaa${rest}`),
  post("cl-minus", "a negative length", ["Content-Length: -1"], (rest) => rest),
  post("cl-hex", "a length in hexadecimal", ["Content-Length: 0x5"], (rest) => `aaaaa${rest}`),
  post("cl-space", "a length with a space inside", ["Content-Length: 1 0"], (rest) => `aaaaaaaaaa${rest}`),
  post("cl-letters", "a length that is no number", ["Content-Length: five"], (rest) => `aaaaa${rest}`),
  post("cl-fraction", "a length with a fraction", ["Content-Length: 5.0"], (rest) => `aaaaa${rest}`),
  post("cl-huge", "a length beyond 64 bits", ["Content-Length: 99999999999999999999999"], (rest) => rest),
  post("cl-space-name", "a space between Content-Length and its colon", ["Content-Length : 5"], (rest) => `aaaaa${rest}`),
  post("chunk-negative", "a chunk of negative size", ["Transfer-Encoding: chunked"], (rest) => `-1\r\n${rest}`),
  post("chunk-letters", "a chunk without a size", ["Transfer-Encoding: chunked"], (rest) => `verify\r\n${rest}`),
  post("chunk-prefix", "a chunk size written as 0x5", ["Transfer-Encoding: chunked"], (rest) => `0x5\r\naaaaa\r\n0\r\n\r\n${rest}`),
  post(
    "chunk-overflow",
    "a chunk size beyond 64 bits",
    ["Transfer-Encoding: chunked"],
    (rest) => `10000000000000005\r\naaaaa\r\n0\r\n\r\n${rest}`,
  ),
  post("chunk-end", "a chunk longer than its size", ["Transfer-Encoding: chunked"], (rest) => `5\r\naaaaaXX0\r\n\r\n${rest}`),
  post("chunk-line-feed", "a chunk size that ends in a bare line feed", ["Transfer-Encoding: chunked"], (rest) => `5\naaaaa\n0\n\n${rest}`),
];

const request = (id: string, title: string, lines: (target: AttackTarget) => string, more: Partial<Attack> = {}): Attack => ({
  id,
  title: `Refused: ${title}`,
  method: "GET",
  ...more,
  bytes: (target) => latin1(lines(target)),
});

const host = ({ authority }: AttackTarget) => `Host: ${authority}`;

/** Requests that break the grammar, or a rule about who may be asked what. */
export const MALFORMED: readonly Attack[] = [
  request("host-missing", "a request without Host", ({ path }) => `GET ${path} HTTP/1.1\r\nX-Verify: a\r\n\r\n`),
  request(
    "host-twice",
    "two Host headers",
    (target) => `GET ${target.path} HTTP/1.1\r\n${host(target)}\r\nHost: gateway-verify.example\r\n\r\n`,
  ),
  request(
    "host-twice-reversed",
    "two Host headers, ours last",
    (target) => `GET ${target.path} HTTP/1.1\r\nHost: gateway-verify.example\r\n${host(target)}\r\n\r\n`,
  ),
  request("host-empty", "an empty Host", ({ path }) => `GET ${path} HTTP/1.1\r\nHost:\r\n\r\n`, { harmless: [404] }),
  request("host-space", "a space before the colon of Host", ({ path, authority }) => `GET ${path} HTTP/1.1\r\nHost : ${authority}\r\n\r\n`),
  request("name-space", "a header name with a space", (target) => `GET ${target.path} HTTP/1.1\r\n${host(target)}\r\nX Verify: a\r\n\r\n`),
  request("name-empty", "a header without a name", (target) => `GET ${target.path} HTTP/1.1\r\n${host(target)}\r\n: a\r\n\r\n`),
  request("name-null", "a header name with a NUL", (target) => `GET ${target.path} HTTP/1.1\r\n${host(target)}\r\nX-Ver\0ify: a\r\n\r\n`),
  request(
    "name-colonless",
    "a header line without a colon",
    (target) => `GET ${target.path} HTTP/1.1\r\n${host(target)}\r\nX-Verify\r\n\r\n`,
  ),
  request(
    "value-null",
    "a header value with a NUL",
    (target) => `GET ${target.path} HTTP/1.1\r\n${host(target)}\r\nX-Verify: a\0b\r\n\r\n`,
  ),
  request(
    "value-carriage-return",
    "a header value with a bare carriage return",
    (target) => `GET ${target.path} HTTP/1.1\r\n${host(target)}\r\nX-Verify: a\rb\r\n\r\n`,
    { repairable: /\r(?!\n)/ },
  ),
  request(
    "value-folded",
    "a header value on two lines",
    (target) => `GET ${target.path} HTTP/1.1\r\n${host(target)}\r\nX-Verify: a\r\n b\r\n\r\n`,
    { repairable: /[\r\n]/ },
  ),
  request("version-missing", "a request line without a version (HTTP/0.9)", ({ path }) => `GET ${path}\r\n\r\n`),
  request("version-3", "HTTP/3.0 in a request line", (target) => `GET ${target.path} HTTP/3.0\r\n${host(target)}\r\n\r\n`),
  request("version-lower-case", "the version in lower case", (target) => `GET ${target.path} http/1.1\r\n${host(target)}\r\n\r\n`),
  request("version-letters", "a version that is none", (target) => `GET ${target.path} HTTP/a.b\r\n${host(target)}\r\n\r\n`),
  request("version-2-preface", "HTTP/2.0 in a request line", (target) => `GET ${target.path} HTTP/2.0\r\n${host(target)}\r\n\r\n`),
  request(
    "line-space",
    "a request target with a space",
    (target) => `GET ${target.path} ${target.unknown} HTTP/1.1\r\n${host(target)}\r\n\r\n`,
  ),
  request("line-tab", "tabs in the request line", (target) => `GET\t${target.path}\tHTTP/1.1\r\n${host(target)}\r\n\r\n`, {
    repairable: /\t/,
  }),
  request("line-null", "a NUL in the request target", (target) => `GET ${target.path}\0 HTTP/1.1\r\n${host(target)}\r\n\r\n`),
  request(
    "line-high",
    "a byte beyond ASCII in the request target",
    (target) => `GET ${target.path}\xff HTTP/1.1\r\n${host(target)}\r\n\r\n`,
    { harmless: [404] },
  ),
  request("method-lower-case", "a method in lower case", (target) => `get ${target.path} HTTP/1.1\r\n${host(target)}\r\n\r\n`, {
    harmless: [405],
  }),
  request("method-brackets", "a method with brackets", (target) => `G(E)T ${target.path} HTTP/1.1\r\n${host(target)}\r\n\r\n`),
  request("method-missing", "a request line without a method", (target) => ` ${target.path} HTTP/1.1\r\n${host(target)}\r\n\r\n`),
  request(
    "connect",
    "CONNECT to another host",
    () => "CONNECT gateway-verify.example:443 HTTP/1.1\r\nHost: gateway-verify.example:443\r\n\r\n",
    {
      harmless: [404, 405],
    },
  ),
  request("connect-own", "CONNECT to this host", ({ authority }) => `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`, {
    harmless: [404, 405],
  }),
  request("asterisk", "an asterisk as target of GET", (target) => `GET * HTTP/1.1\r\n${host(target)}\r\n\r\n`, { harmless: [404] }),
  request(
    "scheme",
    "a request target of another scheme",
    (target) => `GET ftp://${target.authority}${target.path} HTTP/1.1\r\n${host(target)}\r\n\r\n`,
    {
      harmless: [404],
    },
  ),
  request("no-slash", "a request target without a slash", (target) => `GET ${target.path.slice(1)} HTTP/1.1\r\n${host(target)}\r\n\r\n`, {
    harmless: [404],
  }),
  request("fragment", "a request target with a fragment", (target) => `GET ${target.path}#verify HTTP/1.1\r\n${host(target)}\r\n\r\n`),
];
