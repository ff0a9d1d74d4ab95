import { OperationError, type OperationErrorCode } from "../../automation/errors.ts";
import type { StoredEvent } from "../../portal/service.ts";
import { UsageError } from "../command-line.ts";

/** How long a stream that broke off is waited for before it is asked for again, and how often in a row without anything new. */
const RETRY_MS = 1_000;
const RETRIES = 30;

const CODES: Readonly<Record<string, OperationErrorCode>> = {
  unauthenticated: "settings",
  forbidden: "settings",
  "not-found": "no-stack",
  locked: "locked",
  conflict: "locked",
  invalid: "document",
  stale: "document",
};

interface ProblemDocument {
  readonly type: string;
  readonly detail: string;
  readonly remedy?: string;
  readonly faults?: readonly { readonly path: string; readonly message: string }[];
}

/** A portal somewhere else, as its API offers it. */
export class RemotePortal {
  readonly #url: URL;
  readonly #token: string;

  /** @param token an access token; the portal says whose it is @throws UsageError */
  constructor(url: string, token: string | undefined) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new UsageError(`--portal is ${JSON.stringify(url)}`, "give the portal's address, such as https://gateways.example.com");
    if (token === undefined || token === "")
      throw new UsageError(
        "GATEWAY_PORTAL_TOKEN is not set",
        "set it to an access token for the portal; one on loopback prints its own at start",
      );
    this.#url = new URL(url);
    this.#token = token;
  }

  /** @param path below /api/v1 @throws OperationError for what the portal refuses */
  async call<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
    const response = await this.#fetch(method, path, body === undefined ? {} : { "content-type": "application/json" }, body);
    return (await response.json()) as T;
  }

  /** Events of an operation to its end, each once, however often the connection breaks. */
  async *events(operation: string): AsyncIterable<StoredEvent> {
    let last = 0;
    for (let tries = 0; tries < RETRIES; tries += 1) {
      try {
        const response = await this.#fetch("GET", `/operations/${operation}/events`, { "last-event-id": String(last) });
        if (response.status === 204) return;
        for await (const event of eventsIn(response)) {
          last = event.sequence;
          tries = 0;
          yield event;
          if ("state" in event.event && isOver(event.event.state)) return;
        }
      } catch (error) {
        if (error instanceof OperationError && error.code !== "state") throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    throw new OperationError(
      "lost",
      `The portal stopped telling about operation ${operation}`,
      "look at it in the portal; it goes on there",
    );
  }

  /** A page of the portal. */
  page(path: string): string {
    return new URL(path, this.#url).href;
  }

  async #fetch(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(new URL(`/api/v1${path}`, this.#url), {
        method,
        headers: { ...headers, authorization: `Bearer ${this.#token}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const { cause, message } = error as Error & { cause?: Error };
      throw new OperationError(
        "state",
        `The portal ${this.#url.origin} does not answer: ${cause?.message ?? message}`,
        "check the address and the network",
      );
    }
    if (response.ok) return response;
    throw refusalOf(response, await response.text());
  }
}

function refusalOf({ status, url }: Response, text: string): OperationError {
  let problem: ProblemDocument;
  try {
    problem = JSON.parse(text) as ProblemDocument;
    if (typeof problem.detail !== "string") throw new Error();
  } catch {
    return new OperationError("state", `${url} answers ${status}, and not as a portal does`, "check the address given with --portal");
  }
  const faults = (problem.faults ?? []).map(({ path, message }) => `\n  ${path}: ${message}`);
  return new OperationError(CODES[problem.type.split(":").at(-1) ?? ""] ?? "state", problem.detail + faults.join(""), problem.remedy ?? "");
}

/** Whether nothing happens any more in a state. */
export const isOver = (state: string) => ["succeeded", "failed", "cancelled", "lost"].includes(state);

async function* eventsIn(response: Response): AsyncIterable<StoredEvent> {
  let text = "";
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const data = text
        .slice(0, end)
        .split("\n")
        .flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
      text = text.slice(end + 2);
      if (data.length > 0) yield JSON.parse(data.join("\n")) as StoredEvent;
    }
  }
}
