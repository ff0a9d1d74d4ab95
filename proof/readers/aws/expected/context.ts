import type { Backend, GatewayModel, Route } from "../../../../components/spec/model.ts";
import type { Context as Internal, Signer } from "../../internal/context.ts";
import type { Shape } from "../../shape.ts";
import type { AwsApi } from "../api.ts";
import { privateCa } from "./private-ca.ts";

/** CloudFront's region. */
export const EDGE_REGION = "us-east-1";
/** The stage every route is deployed to. */
export const STAGE = "live";

/** What the expectations of a plan are made from. */
export class Context implements Internal {
  readonly model: GatewayModel;
  readonly api: AwsApi;
  /** CloudFront stands in front. */
  readonly edge: boolean;

  constructor(model: GatewayModel, api: AwsApi) {
    this.model = model;
    this.api = api;
    this.edge = model.edge === "cdn" && api.flavour === "rest";
  }

  get rest(): boolean {
    return this.api.flavour === "rest";
  }

  /** An output of a resource of this stack. */
  ref(suffix: string, output: string): string {
    return `\${${this.model.name}-${suffix}.${output}}`;
  }

  get signer(): Signer | undefined {
    return privateCa(this);
  }

  /** Tags and region of a resource in the gateway's region. */
  get home(): { tags: Shape; region: Shape } {
    return { tags: this.tags, region: this.model.aws.region };
  }

  /** Region of a resource that has no tags. */
  get here(): { region: Shape } {
    return { region: this.model.aws.region };
  }

  /** Tags and region of a resource that CloudFront uses. */
  get front(): { tags: Shape; region: Shape } {
    return { tags: this.tags, region: EDGE_REGION };
  }

  get tags(): Shape {
    return { "secure-gateway": this.model.name };
  }

  get region(): string {
    return this.model.aws.region ?? ["$", "{region}"].join("");
  }

  /** The document's zone: its id, or its name as a plan without credentials has it. */
  get zone(): string {
    const { zone = "" } = this.model.dns;
    return /^Z[A-Z0-9]{7,31}$/.test(zone) ? zone : `\${zone ${zone}}`;
  }

  /** Backends in the VPC and on premises, by their names. */
  get behind(): Backend[] {
    return Object.values(this.model.backends)
      .filter(({ network }) => network.type !== "public")
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Providers whose tokens a route takes. */
  providersOf(route: Route): string[] {
    return [...new Set(this.alternativesOf(route).flatMap(({ jwt }) => jwt?.providers ?? []))];
  }

  alternativesOf({ requirement }: Route) {
    return requirement.kind === "anyOf" ? requirement.alternatives : [];
  }

  /** Limits of a route and of the gateway are counted per usage key, and so are the keys of consumers. */
  isMetered(route: Route): boolean {
    return (
      route.rateLimits.length + this.model.rateLimits.length > 0 || this.alternativesOf(route).some(({ apiKey }) => apiKey !== undefined)
    );
  }

  /** Requests that are counted come without a consumer's key. */
  get metersStrangers(): boolean {
    return this.model.routes.some(
      (route) =>
        this.isMetered(route) &&
        (route.requirement.kind === "public" || this.alternativesOf(route).some(({ apiKey }) => apiKey === undefined)),
    );
  }

  get largestBody(): number {
    return Math.max(...this.model.routes.map(({ bodyBytes }) => bodyBytes));
  }

  /** Something has to be decided or done that API Gateway cannot do itself. */
  isDecided(route: Route): boolean {
    const { tls, observability, rateLimits } = this.model;
    const { subjectAltNames = [], certificateHashes = [] } = tls.clientValidation ?? {};
    return (
      route.requirement.kind !== "public" ||
      route.rateLimits.length + rateLimits.length > 0 ||
      route.access.allowCidrs.length + route.access.denyCidrs.length > 0 ||
      subjectAltNames.length + certificateHashes.length > 0 ||
      (observability.accessLogs?.headers ?? []).length > 0 ||
      route.bodyBytes < this.largestBody
    );
  }

  get authorizer(): boolean {
    return this.rest && this.model.routes.some((route) => this.isDecided(route));
  }

  /** Plans somebody has. */
  get plansInUse(): string[] {
    if (this.model.apiKeys === undefined) return [];
    return [...new Set(Object.values(this.model.consumers).flatMap(({ plan }) => plan ?? []))];
  }

  get counts(): boolean {
    const { rateLimits, routes, plans } = this.model;
    return (
      rateLimits.length > 0 ||
      routes.some((route) => route.rateLimits.length > 0) ||
      this.plansInUse.some((name) => plans[name]?.rateLimit !== undefined || plans[name]?.quota !== undefined)
    );
  }

  get hsts(): string {
    const { maxAgeSeconds, includeSubdomains, preload } = this.model.tls.hsts;
    return `max-age=${maxAgeSeconds}${includeSubdomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
  }
}

/** A policy document. */
export const policy = (...statements: readonly Shape[]): Shape => ({ Version: "2012-10-17", Statement: statements });
