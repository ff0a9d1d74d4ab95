import { show } from "../components/spec/show.ts";
import type { Field } from "./reader.ts";
import { headerOf, isMethod, milliseconds } from "./values.ts";

const ORIGIN = /^https?:\/\/[a-z0-9.-]+(:[0-9]{1,5})?$/;

/** The lists of a CORS setting, from whatever product, as fields with where they stand. */
export interface CorsParts {
  readonly origins: readonly Field[];
  readonly methods: readonly Field[];
  readonly headers: readonly Field[];
  readonly expose?: readonly Field[];
  readonly credentials?: boolean | undefined;
  readonly maxAgeSeconds?: number | undefined;
  /** What stands for every method when `*` is written or the list is empty. */
  readonly anyMethod?: readonly string[];
}

/** CORS as the document writes it. Patterns and `*` for headers have no word there and are reported. */
export function corsOf(parts: CorsParts): Record<string, unknown> {
  const origins: string[] = [];
  let anyOrigin = false;
  for (const field of parts.origins) {
    const text = field.text()?.replace(/\/$/, "");
    if (text === "*") anyOrigin = true;
    else if (text !== undefined && ORIGIN.test(text.toLowerCase())) origins.push(text.toLowerCase());
    else if (text !== undefined)
      field.leave("behaviour", `origins are exact; ${show(text)} is a pattern or no origin`, "list the origins in cors");
  }
  const headers = listed(parts.headers, headerOf, "request header");
  const expose = listed(parts.expose ?? [], headerOf, "response header");
  const methods = parts.methods.flatMap((field) => {
    const text = field.text()?.toUpperCase();
    if (text === "*" || text === "ANY") return [...(parts.anyMethod ?? EVERY)];
    if (text === undefined || isMethod(text)) return text ?? [];
    field.leave("behaviour", `the method ${text} is not carried`, "nothing to do");
    return [];
  });
  const open = anyOrigin && parts.credentials !== true;
  if (anyOrigin && !open)
    parts.origins
      .find((field) => field.peek() === "*")
      ?.leave("behaviour", "every origin together with credentials, which browsers refuse", "list the origins in cors");
  const maxAge = parts.maxAgeSeconds === undefined ? undefined : milliseconds(parts.maxAgeSeconds * 1000);
  return {
    ...(open ? { allowAnyOrigin: true } : { allowOrigins: [...new Set(origins)] }),
    ...(methods.length > 0 ? { allowMethods: [...new Set(methods.filter((method) => method !== "OPTIONS"))] } : {}),
    ...(headers.length > 0 ? { allowHeaders: headers } : {}),
    ...(expose.length > 0 ? { exposeHeaders: expose } : {}),
    ...(parts.credentials === true ? { allowCredentials: true } : {}),
    ...(maxAge === undefined ? {} : { maxAge }),
  };
}

const EVERY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

function listed(fields: readonly Field[], read: (text: string) => string | undefined, what: string): string[] {
  const found = fields.flatMap((field) => {
    const text = field.text();
    const value = text === undefined ? undefined : read(text.trim());
    if (text !== undefined && value === undefined)
      field.leave("behaviour", `${show(text)} is no ${what} that can be listed`, "list each by name in cors");
    return value ?? [];
  });
  return [...new Set(found)];
}
