import { setTimeout as sleep } from "node:timers/promises";
import type { Alternative, GatewayModel, Route } from "../components/spec/model.ts";
import { type Admission, Credentials } from "./credentials/admission.ts";
import { type Echo, echoOf } from "./echo.ts";
import { Ledger } from "./flood.ts";
import { admittedAddress, forwardedFor } from "./oracle/addresses.ts";
import { samplePath, unknownPath } from "./oracle/samples.ts";
import { sameSource } from "./oracle/source.ts";
import { Pacer } from "./pacer.ts";
import { SkipProbe } from "./probe.ts";
import { callGrpc } from "./reach-grpc.ts";
import type { Settings } from "./settings.ts";
import { type Answer, describe, header } from "./wire/answer.ts";
import { type ClientOptions, HttpClient, type Request, type Via } from "./wire/client.ts";
import type { Http1Connection } from "./wire/http1.ts";

/** What an admitted request came to. */
export interface Reach {
  readonly reached: boolean;
  readonly detail: string;
  readonly echo: Echo | undefined;
}

/** A request whose answer will be counted by the limits of this route and consumer, because it is to be let in. */
export interface Counted {
  readonly route: Route;
  readonly consumer?: string | undefined;
}

export interface Observation {
  readonly request: Request;
  readonly answer: Answer;
}

const RETRIES = 6;
const SAFE = ["GET", "HEAD", "OPTIONS"];

/** Straight at a gateway behind trusted proxies, the probes write what those would write about an ordinary client. */
function playedProxies({ model, direct }: Settings): ClientOptions["headers"] {
  const address = direct && model.clientIp.trustedHops > 0 ? admittedAddress(model) : undefined;
  return address === undefined ? [] : [["X-Forwarded-For", forwardedFor(model, address)]];
}

/** Everything probes share in one run. */
export class ProbeContext {
  readonly settings: Settings;
  readonly model: GatewayModel;
  readonly client: HttpClient;
  readonly credentials: Credentials;
  readonly pacer: Pacer;
  readonly ledger = new Ledger();
  /** Every answer to a well-formed request so far. */
  readonly observations: Observation[] = [];
  readonly #memory = new Map<string, Promise<unknown>>();

  constructor(settings: Settings) {
    this.settings = settings;
    this.model = settings.model;
    this.credentials = new Credentials(settings);
    this.pacer = new Pacer(settings.model, settings.patienceMs, settings.signal);
    this.client = new HttpClient({
      endpoint: settings.endpoint,
      serverName: settings.hostname,
      authority: settings.authority,
      ca: settings.caCertificate,
      clientCertificate: this.#everywhere ? settings.clientCertificate : undefined,
      headers: playedProxies(settings),
      timeoutMs: settings.exchangeTimeoutMs,
      signal: settings.signal,
      onAnswer: (request, answer) => this.observations.push({ request, answer }),
    });
  }

  /** True when every connection needs a client certificate. */
  get #everywhere(): boolean {
    return this.model.tls.clientValidation?.mode === "Required";
  }

  /** @throws SkipProbe when connections need a client certificate and none was given. */
  needConnection(via: Via = {}): void {
    if (this.#everywhere && !this.settings.clientCertificate && via.clientCertificate === undefined)
      throw new SkipProbe("the gateway asks every client for a certificate and none was given");
  }

  /** One request. Where the gateway answers 429 although this probe is about something else, it waits and asks again. */
  async send(request: Request, counted?: Counted): Promise<Answer> {
    this.needConnection(request.via);
    for (let attempt = 1; ; attempt++) {
      if (counted) await this.pacer.take(counted.route, counted.consumer);
      else await this.pacer.open();
      const answer = await this.client.send(request);
      if (answer.status !== 429 || attempt > RETRIES) return answer;
      const seconds = Number(header(answer, "retry-after") ?? "1");
      const wait = Number.isFinite(seconds) ? Math.max(0.2, seconds) * 1000 : 1000;
      if (wait > Math.max(this.settings.patienceMs, 1000)) return answer;
      this.pacer.close(wait);
    }
  }

  /** A connection for bytes that are not a proper request; the caller closes it. */
  async open(via: Via = {}): Promise<Http1Connection> {
    this.needConnection(via);
    await this.pacer.open();
    return this.client.open(via);
  }

  /** @throws WireError when no ordinary exchange with the gateway succeeds right now. */
  async alive(): Promise<void> {
    if (this.#everywhere && !this.settings.clientCertificate) return;
    await this.client.send({ method: "GET", target: unknownPath(this.model) ?? "/" });
  }

  /** The gateway's own answer to a path nobody knows; undefined when every path has a route. */
  unknownAnswer(): Promise<Answer | undefined> {
    const target = unknownPath(this.model);
    return this.once("unknown", async () => (target === undefined ? undefined : await this.send({ method: "GET", target })));
  }

  /** A path of the route. @throws SkipProbe when other routes cover it. */
  pathOf(route: Route): string {
    const path = samplePath(this.model, route);
    if (path === undefined) throw new SkipProbe(`more specific routes cover every path tried for "${route.path.text}"`);
    return path;
  }

  /** A path that is served under the right circumstances, best a public one: whoever is refused there is refused for what the probe does. */
  somePath(method: "GET" | "POST" = "GET"): string {
    const routes = this.model.routes.filter((route) => !route.grpc);
    const ordered = [
      ...routes.filter((route) => route.requirement.kind === "public" && route.methods.includes(method)),
      ...routes.filter((route) => route.methods.includes(method)),
      ...routes,
    ];
    return ordered.map((route) => samplePath(this.model, route)).find((path) => path !== undefined) ?? "/";
  }

  /** The method to call the route with when it is to be let in. @throws SkipProbe when that could change data and was not allowed. */
  methodOf(route: Route): string {
    const method = route.methods.find((candidate) => SAFE.includes(candidate)) ?? route.methods[0] ?? "GET";
    if (!SAFE.includes(method) && !this.settings.unsafeMethods && !route.grpc)
      throw new SkipProbe(`an authorized ${method} may change data behind the gateway; allow it with unsafeMethods`);
    return method;
  }

  /** An alternative of the route this run has the credentials for. @throws SkipProbe with what is missing. */
  alternativeOf(route: Route): Alternative {
    const alternative = this.credentials.satisfiable(route);
    if (alternative === undefined) throw new SkipProbe(this.credentials.reason(route));
    return alternative;
  }

  /** A request to the route with everything it asks for. @throws SkipProbe */
  async admitted(route: Route, change: Partial<Request> = {}): Promise<{ request: Request; admission: Admission }> {
    const admission = await this.credentials.admit(route, this.alternativeOf(route));
    return { request: this.requestFor(route, admission, change), admission };
  }

  /** The answer to such a request, counted against its limits. @throws SkipProbe */
  async ask(route: Route, change: Partial<Request> = {}): Promise<Answer> {
    const { request, admission } = await this.admitted(route, change);
    return this.send(request, { route, consumer: admission.consumer });
  }

  requestFor(route: Route, admission: Admission, change: Partial<Request> = {}): Request {
    const method = change.method ?? this.methodOf(route);
    const unsafe = !SAFE.includes(method);
    return {
      method,
      target: this.pathOf(route),
      ...(unsafe ? { body: '{"gatewayVerify":true}' } : {}),
      via: admission.via,
      ...change,
      headers: [...admission.headers, ...(unsafe ? [["Content-Type", "application/json"] as const] : []), ...(change.headers ?? [])],
    };
  }

  /** Calls the route with everything it asks for, once per run. @throws SkipProbe */
  reach(route: Route): Promise<Reach> {
    return this.once(`reach ${route.name}`, async () => {
      this.needConnection();
      if (route.grpc) return callGrpc(this, route);
      const { request, admission } = await this.admitted(route);
      return this.judgeReach(await this.send(request, { route, consumer: admission.consumer }));
    });
  }

  /** Whether an answer is a backend's. */
  async judgeReach(answer: Answer): Promise<Reach> {
    const detail = describe(answer);
    if ([401, 403, 405, 429, 500, 502, 503, 504].includes(answer.status)) return { reached: false, detail, echo: undefined };
    const own = await this.unknownAnswer();
    if (own && answer.status >= 400 && sameSource(answer, own))
      return { reached: false, detail: `${detail}, which is the gateway's own`, echo: undefined };
    return { reached: true, detail: `status ${answer.status} from the backend`, echo: echoOf(answer) };
  }

  /** Routes whose backend repeats what it received. */
  echoRoutes(): Promise<readonly { readonly route: Route; readonly echo: Echo }[]> {
    return this.once("echo routes", async () => {
      const found: { route: Route; echo: Echo }[] = [];
      for (const route of this.model.routes) {
        try {
          const { echo } = await this.reach(route);
          if (echo) found.push({ route, echo });
        } catch {
          // Its own probe reports why it cannot be reached.
        }
      }
      return found;
    });
  }

  /** Runs `make` at its first call in this run; later calls share the result. */
  once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.#memory.get(key);
    if (known) return known as Promise<T>;
    const made = make();
    // Awaited by whoever needs it; nobody else is to hear of a failure.
    made.catch(() => {});
    this.#memory.set(key, made);
    return made;
  }

  wait(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.settings.signal });
  }
}
