/** One response, as it came. */
export interface Answer {
  readonly protocol: "http/1.0" | "http/1.1" | "h2";
  readonly status: number;
  /** Names in lower case, in order, repeated as they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** The connection ends with this answer. */
  readonly last: boolean;
}

/** The header's values joined with a comma; undefined when it is absent. */
export function header(answer: Pick<Answer, "headers">, name: string): string | undefined {
  const values = headerValues(answer, name);
  return values.length === 0 ? undefined : values.join(", ");
}

export function headerValues(answer: Pick<Answer, "headers">, name: string): string[] {
  return answer.headers.flatMap(([key, value]) => (key === name ? [value] : []));
}

/** Media type without parameters, in lower case; empty when there is none. */
export function mediaType(answer: Pick<Answer, "headers">): string {
  return (header(answer, "content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** Status and, where it helps, the start of the body, on one line. */
export function describe(answer: Answer): string {
  const text = answer.body.toString("utf8").replace(/\s+/g, " ").trim();
  return text === "" ? `status ${answer.status}` : `status ${answer.status} (${text.length > 120 ? `${text.slice(0, 120)}…` : text})`;
}
