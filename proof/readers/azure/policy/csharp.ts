import { createContext, runInContext } from "node:vm";
import ipaddr from "ipaddr.js";

/**
 * Runs policy expressions: the part of C# they are written in, read as JavaScript, with the .NET members they use. What is not known here
 * throws, so that an expression this reader does not understand never passes for one it does.
 */
const SETUP = `
const def = (proto, members) => { for (const [name, value] of Object.entries(members)) Object.defineProperty(proto, name, { value, configurable: true, writable: true }); };
const fold = (t, c) => (c === "i" ? t.toLowerCase() : t);
def(String.prototype, {
  StartsWith(s, c) { return fold(String(this), c).startsWith(fold(s, c)); }, EndsWith(s, c) { return fold(String(this), c).endsWith(fold(s, c)); },
  Contains(s) { return this.includes(s); }, IndexOf(s) { return this.indexOf(s); }, LastIndexOf(s) { return this.lastIndexOf(s); },
  Substring(a, n) { if (a < 0 || a > this.length || (n !== undefined && a + n > this.length)) throw new Error("ArgumentOutOfRange"); return n === undefined ? this.slice(a) : this.slice(a, a + n); },
  Split(s) { return this.split(s); }, Trim() { return this.trim(); }, TrimStart(c) { let t = String(this); while (c && t.startsWith(c)) t = t.slice(1); return t; },
  TrimEnd(c) { let t = String(this); while (c && t.endsWith(c)) t = t.slice(0, -1); return t; },
  ToLowerInvariant() { return this.toLowerCase(); }, ToUpperInvariant() { return this.toUpperCase(); }, ToString() { return String(this); },
  Replace(a, b) { return this.replaceAll(a, b); }, PadRight(n, c) { return this.padEnd(n, c); }, Equals(s, c) { return fold(String(this), c) === fold(s, c); },
});
Object.defineProperty(String.prototype, "Length", { get() { return this.length; } });
Object.defineProperty(Array.prototype, "Length", { get() { return this.length; } });
Object.defineProperty(Array.prototype, "Count", { get() { return this.length; } });
Object.defineProperty(String.prototype, "Type", { get() { return "String"; } });
Object.defineProperty(Number.prototype, "Type", { get() { return "Integer"; } });
Object.defineProperty(Boolean.prototype, "Type", { get() { return "Boolean"; } });
Object.defineProperty(Array.prototype, "Type", { get() { return "Array"; } });
Object.defineProperty(Object.prototype, "Type", { get() { return "Object"; }, set(v) { Object.defineProperty(this, "Type", { value: v, writable: true, enumerable: true }); }, configurable: true });
def(Number.prototype, { ToString() { return String(this); } });
def(Array.prototype, {
  Any(f) { return f ? this.some(f) : this.length > 0; }, All(f) { return this.every(f); }, Distinct() { return [...new Set(this)]; }, OrderBy() { return [...this].sort(); },
  AddRange(x) { this.push(...x); }, Add(x) { this.push(x); }, Skip(n) { return this.slice(n); }, Take(n) { return this.slice(0, n); }, Select(f) { return this.map(f); }, Where(f) { return this.filter(f); }, ToList() { return this; }, ToArray() { return this; }, Contains(x) { return this.includes(x); }, First() { return this[0]; },
});
const ArrayX = { IndexOf: (a, x) => a.indexOf(x) };
const StringComparison = { Ordinal: "o", OrdinalIgnoreCase: "i" };
const Regex = { IsMatch: (t, r) => new RegExp(r, "u").test(t), Replace: (t, r, s) => t.replace(new RegExp(r, "gu"), s) };
const MathX = { Max: Math.max, Min: Math.min, Ceiling: Math.ceil };
const JTokenType = { String: "String", Array: "Array", Boolean: "Boolean", Integer: "Integer", Object: "Object", Float: "Float" };
const intX = { Parse: (t) => { if (!/^\\d+$/.test(t)) throw new Error("FormatException"); return Number(t); } };
const stringX = { Join: (s, a) => a.join(s), IsNullOrEmpty: (t) => t === null || t === undefined || t === "" };
const Encoding = { UTF8: { GetString: (b) => b } };
const ConvertX = { FromBase64String: (t) => decode(t), ToInt32: (t, b) => parseInt(t, b), ToString: (x) => String(x), ToBase64String: (x) => encode(x) };
const JObject = function () {}; JObject.Parse = (t) => JSON.parse(t); JObject.prototype.ToString = function () { return JSON.stringify(this); };
const SHA256 = { Create: () => ({ ComputeHash: (bytes) => bytes.Hash }) };
const JsonConvert = { SerializeObject: (value) => JSON.stringify(value ?? null) };
class Moment {
  constructor(ms) { this.ms = ms; }
  get Date() { return new Moment(Math.floor(this.ms / 864e5) * 864e5); }
  get Day() { return new Date(this.ms).getUTCDate(); }
  get Ticks() { return this.ms * 1e4 + 62135596800 * 1e7; }
  AddDays(days) { return new Moment(this.ms + days * 864e5); }
  AddMonths(months) { const d = new Date(this.ms); d.setUTCMonth(d.getUTCMonth() + months); return new Moment(d.getTime()); }
  Subtract(other) { return { TotalSeconds: (this.ms - other.ms) / 1000 }; }
  ToString(format) { if (format !== "yyyy-MM") throw new TypeError("ToString is not a function of this format"); return new Date(this.ms).toISOString().slice(0, 7); }
}
const DateTime = { UtcNow: new Moment(now) };
const BitConverter = { ToString: (b, from = 0, n = b.length) => b.slice(from, from + n).map((x) => x.toString(16).padStart(2, "0").toUpperCase()).join("-") };
const IPAddress = { TryParse: (t) => address(t), Parse: (t) => { const a = address(t); if (a === null) throw new Error("FormatException"); return a; } };
`;

/** The time it is for every expression: a Wednesday. */
export const NOW = Date.UTC(2026, 2, 18, 10, 30);

const context = createContext({
  now: NOW,
  decode: (text: string) => Buffer.from(text, "base64").toString("utf8"),
  encode: (bytes: readonly number[]) => Buffer.from(bytes).toString("base64"),
  address: (text: string) => {
    if (!ipaddr.isValid(text)) return null;
    const parsed = ipaddr.parse(text);
    return { GetAddressBytes: () => runInContext(`[${parsed.toByteArray().join(",")}]`, context), ToString: () => parsed.toString() };
  },
});
runInContext(SETUP, context);

/** Bytes as expressions see them: a certificate's, with its SHA-256 alongside. */
export function bytes(hexadecimal: string, hash: string): unknown {
  const list = (text: string) => (text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)).join(",");
  return runInContext(`Object.assign([${list(hexadecimal)}], { Hash: [${list(hash)}] })`, context);
}

const compiled = new Map<string, (context: unknown) => unknown>();

/** An expression this reader cannot run. */
export class UnreadableError extends Error {}

/** The value of an expression, or the text itself where it is none. */
export function evaluate(text: string, request: unknown): unknown {
  const trimmed = text.trim();
  if (!trimmed.startsWith("@(") && !trimmed.startsWith("@{")) return text;
  const run = compile(trimmed);
  try {
    return run(request);
  } catch (error) {
    // What this reader does not know is its own fault; anything else is what the expression does.
    if ((error as Error).name === "ReferenceError" || /is not a function/.test((error as Error).message))
      throw new UnreadableError(`${(error as Error).message} in ${trimmed.slice(0, 120)}`);
    throw error;
  }
}

/** What keeps an expression from being read; undefined when nothing does. */
export function unreadable(expression: string): string | undefined {
  try {
    compile(expression.trim());
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function compile(expression: string): (context: unknown) => unknown {
  const known = compiled.get(expression);
  if (known) return known;
  const inner = expression.slice(2, -1);
  if (!closed(expression)) throw new UnreadableError(`the expression ends before its text does: ${expression.slice(-40)}`);
  const body = expression.startsWith("@(") ? `return (${translate(inner)});` : translate(inner);
  try {
    const run = runInContext(`(function (context) { ${body} })`, context) as (context: unknown) => unknown;
    compiled.set(expression, run);
    return run;
  } catch (error) {
    throw new UnreadableError(`${(error as Error).message} in ${expression.slice(0, 120)}`);
  }
}

/** True when the bracket that opens an expression closes with its last character. */
function closed(expression: string): boolean {
  const open: string[] = [];
  const code = expression.slice(1).replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)'/g, (literal) => " ".repeat(literal.length));
  const PAIRS: Readonly<Record<string, string>> = { ")": "(", "}": "{", "]": "[" };
  for (const [at, character] of [...code].entries()) {
    if ("({[".includes(character)) open.push(character);
    else if (character in PAIRS && open.pop() !== PAIRS[character]) return false;
    if (open.length === 0) return at === code.length - 1;
  }
  return false;
}

/** C# as JavaScript, outside of string literals. */
function translate(code: string): string {
  const parts = code
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((part, index) => (index % 2 === 1 ? part : plain(part)))
    .join("");
  return closeArrays(parts);
}

function plain(code: string): string {
  return code
    .replaceAll(/\bforeach \(var (\w+) in /g, "for (const $1 of ")
    .replaceAll(/new (?:string|int)\[\] ?\{/g, "[ /*a*/")
    .replaceAll(/new List<\w+>\(\)/g, "[]")
    .replaceAll(/new List<\w+> ?\{/g, "[ /*a*/")
    .replaceAll(/new (?:string|int)\[0\]/g, "[]")
    .replaceAll(/\bvar (\w+) =/g, "let $1 =")
    .replaceAll(/\b(?:IPAddress|JToken|string|int|long|JObject) (\w+)(?= =|;)/g, "let $1")
    .replaceAll(/IPAddress\.TryParse\((\w+), out (\w+)\)/g, "($2 = IPAddress.TryParse($1))")
    .replaceAll(/\((?:string|int|bool|double|JObject|JArray|long)\)(?=[\w(])/g, "")
    .replaceAll(/ as J(?:Object|Array)\b/g, "")
    .replaceAll(/(\w+) is JArray/g, "Array.isArray($1)")
    .replaceAll(/<string>(?=\()/g, "")
    .replaceAll(/\?\[/g, "?.[")
    .replaceAll(/\b(\d+)L\b/g, "$1")
    .replaceAll(/\bArray\.IndexOf/g, "ArrayX.IndexOf")
    .replaceAll(/\bMath\./g, "MathX.")
    .replaceAll(/\b(?:int|long)\.Parse/g, "intX.Parse")
    .replaceAll(/\bstring\./g, "stringX.")
    .replaceAll(/\bConvert\./g, "ConvertX.")
    .replaceAll(" == ", " === ")
    .replaceAll(" != ", " !== ")
    .replaceAll(/=== null\b/g, "== null")
    .replaceAll(/!== null\b/g, "!= null");
}

/** Array initialisers end with a brace, which only the whole text can tell from a block. */
function closeArrays(code: string): string {
  let result = "";
  let at = 0;
  for (let start = code.indexOf("[ /*a*/"); start >= 0; start = code.indexOf("[ /*a*/", at)) {
    const end = code.indexOf("}", start);
    result += `${code.slice(at, start)}[${code.slice(start + 7, end)}]`;
    at = end + 1;
  }
  return result + code.slice(at);
}
