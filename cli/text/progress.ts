import type { OperationEvent, ResourceAction } from "../../automation/events.ts";
import type { TextStream } from "../command-line.ts";
import { type Stylist, stylist } from "./style.ts";

/** Sign and word of each action worth a line, before and after. */
const ACTIONS: Readonly<Partial<Record<ResourceAction, readonly [sign: string, doing: string, done: string]>>> = {
  create: ["+", "creating", "created"],
  update: ["~", "updating", "updated"],
  delete: ["-", "deleting", "deleted"],
  replace: ["±", "replacing", "replaced"],
  "create-replacement": ["±", "creating the replacement of", "created the replacement of"],
  "delete-replaced": ["-", "deleting the replaced", "deleted the replaced"],
  import: ["=", "importing", "imported"],
};

/** Without news for so long, a line says what is being waited for; milliseconds. */
const SILENCE = 15_000;

/** Writes what an operation does, one line for each thing that is done, to a stream for people. */
export class ProgressLines {
  readonly #stream: TextStream;
  readonly #style: Stylist;
  readonly #began = new Map<string, number>();
  readonly #preview: boolean;
  #last = Date.now();
  readonly #ticking: NodeJS.Timeout;

  constructor(stream: TextStream, preview: boolean) {
    this.#stream = stream;
    this.#style = stylist(stream);
    this.#preview = preview;
    this.#ticking = setInterval(() => this.#waiting(), 1000);
    this.#ticking.unref();
  }

  show(event: OperationEvent): void {
    if (event.kind === "note") this.#line(`  ${event.message}`);
    else if (event.kind === "resource") this.#resource(event);
    else if (event.kind === "policy")
      this.#line(
        `  ${event.mandatory ? this.#style.red("policy") : this.#style.yellow("advice")}  ${event.policy}: ${event.text} (${event.resource})`,
      );
    // Errors are told once, when the operation has ended.
    else if (event.kind === "message" && event.severity === "warning")
      this.#line(`  ${this.#style.yellow("warning")}  ${about(event)}${event.text}`);
    else if (event.kind === "message" && event.severity === "info") this.#line(`  ${about(event)}${event.text}`);
  }

  close(): void {
    clearInterval(this.#ticking);
  }

  #resource({ phase, action, type, name, changed }: Extract<OperationEvent, { kind: "resource" }>): void {
    const words = ACTIONS[action];
    if (words === undefined) return;
    const [sign, doing, done] = words;
    const key = `${action} ${type} ${name}`;
    const what = `${name}  ${this.#style.dim(type)}${changed.length === 0 ? "" : this.#style.dim(`  ${changed.join(", ")}`)}`;
    if (this.#preview) {
      if (phase === "begin") this.#line(`  ${sign} ${action}  ${what}`);
    } else if (phase === "begin") {
      this.#began.set(key, Date.now());
      this.#last = Date.now();
      if (doing === "replacing") this.#began.delete(key);
    } else {
      const seconds = Math.round((Date.now() - (this.#began.get(key) ?? Date.now())) / 1000);
      this.#began.delete(key);
      const text = phase === "failed" ? this.#style.red(`✗ ${doing} failed`) : `${this.#style.green(sign)} ${done}`;
      this.#line(`  ${text}  ${what}${seconds < 2 ? "" : `  ${seconds} s`}`);
    }
  }

  #waiting(): void {
    if (Date.now() - this.#last < SILENCE || this.#began.size === 0) return;
    const items = [...this.#began].map(([key, since]) => {
      const [action = "", , name = ""] = key.split(" ");
      return `${ACTIONS[action as ResourceAction]?.[1] ?? action} ${name} (${Math.round((Date.now() - since) / 1000)} s)`;
    });
    this.#line(this.#style.dim(`  … ${items.join(", ")}`));
  }

  #line(text: string): void {
    this.#last = Date.now();
    this.#stream.write(`${text}\n`);
  }
}

const about = (event: Extract<OperationEvent, { kind: "message" }>) => (event.resource === undefined ? "" : `${event.resource.name}: `);
