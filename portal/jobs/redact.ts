/** Shorter values are words that stand anywhere. */
const SHORTEST = 6;
/** What stands in the place of a secret. */
const MASK = "[secret]";
const SECRET_NAME = /SECRET|TOKEN|PASSWORD|PASSPHRASE|CREDENTIAL|PRIVATE|(^|_)KEY$|^DATABASE_URL$/i;

/** Takes secrets out of everything that leaves a runner: as they are, in base64 at any place, URL-encoded, and in hexadecimal. */
export class Redactor {
  readonly #known = new Set<string>();
  #forms: readonly string[] | undefined;

  add(values: Iterable<string>): void {
    for (const value of values) {
      for (const text of [value, ...value.split("\n")]) if (text.trim().length >= SHORTEST) this.#known.add(text.trim());
    }
    this.#forms = undefined;
  }

  /** Texts in a value, however deep, without secrets. */
  readonly hide = (value: unknown): unknown => {
    if (typeof value === "string") return this.#text(value);
    if (Array.isArray(value)) return value.map(this.hide);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [this.#text(key), this.hide(entry)]));
  };

  #text(text: string): string {
    if (this.#known.size === 0 || text.length < SHORTEST) return text;
    this.#forms ??= [...new Set([...this.#known].flatMap(formsOf))].sort((a, b) => a.length - b.length);
    return masked(text, this.#forms);
  }
}

/** Not by one regular expression: files of a gateway on this machine are secrets too, and together they are larger than one may be. */
function masked(text: string, shortestFirst: readonly string[]): string {
  const spans: [from: number, to: number][] = [];
  for (const form of shortestFirst) {
    if (form.length > text.length) break;
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) spans.push([at, at + form.length]);
  }
  let result = "";
  let end = 0;
  for (const [from, to] of spans.sort(([a], [b]) => a - b)) {
    if (from >= end) result += text.slice(end, from) + MASK;
    end = Math.max(end, to);
  }
  return result + text.slice(end);
}

/** Values of environment variables whose names say that they are secrets. */
export const secretsOfEnvironment = (env: NodeJS.ProcessEnv): string[] =>
  Object.entries(env).flatMap(([name, value]) => (value !== undefined && SECRET_NAME.test(name) ? [value] : []));

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const encoded = encodeURIComponent(secret);
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encoded,
    encoded.replaceAll("%20", "+"),
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    // Also what base64 leaves as it is in URLs: quotes and brackets encoded.
    encoded.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`),
    bytes.toString("hex"),
    ...[0, 1, 2].flatMap((shift) => base64At(bytes, shift)),
  ];
  return forms.filter((form) => form.length >= SHORTEST);
}

/** The characters of base64 that only depend on the secret, when it stands so many bytes after a group of three began. */
function base64At(secret: Buffer, shift: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(shift), secret]);
  const first = Math.ceil((shift * 8) / 6);
  const last = Math.floor((whole.length * 8) / 6);
  const text = whole.toString("base64").slice(first, last);
  return [text, text.replaceAll("+", "-").replaceAll("/", "_")];
}
