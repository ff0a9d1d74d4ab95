import type { Cloud } from "../../components/backends/contract.ts";
import type { GatewayModel } from "../../components/spec/model.ts";
import { OperationError } from "../errors.ts";

/** What is replaced: certificates under their keys, their keys too, the authority that signs them, or the root everybody trusts. */
export const ROTATIONS = ["leaf", "key", "intermediate", "root"] as const;
export type Rotation = (typeof ROTATIONS)[number];

/** A field of the document and its value from this step on. */
export interface Setting {
  readonly path: readonly string[];
  readonly value: number | string;
}

/** One step: settings that go into the stack file's overlay, then an `up`. */
export interface RotationStep {
  readonly title: string;
  readonly settings: readonly Setting[];
  /** What people have to do before the step after this one; undefined: nothing. */
  readonly before?: string;
}

const AUTHORITY = ["internal", "authority"];
const CERTIFICATES = ["internal", "certificates"];

/**
 * The steps of a rotation, in the order in which nobody is ever shown what they do not trust.
 *
 * @throws OperationError (`refused`) when there is nothing of the kind that the stack issues itself
 */
export function rotationSteps(what: Rotation, cloud: Cloud, model: GatewayModel): readonly RotationStep[] {
  if (what === "root") return rootSteps(model);
  if (what === "intermediate") return intermediateSteps(model);
  return cloud === "local" ? localSteps(what, model) : cloudSteps(what, cloud, model);
}

function localSteps(what: "leaf" | "key", { internal }: GatewayModel): RotationStep[] {
  const field = what === "leaf" ? "generation" : "keyGeneration";
  const title =
    what === "leaf"
      ? "Issue every certificate of the stack anew, under its key"
      : "Issue every certificate of the stack anew, under a new key";
  return [{ title, settings: [{ path: [...CERTIFICATES, field], value: (internal?.[field] ?? 1) + 1 }] }];
}

function cloudSteps(what: "leaf" | "key", cloud: Cloud, { internal }: GatewayModel): RotationStep[] {
  if (what === "leaf")
    throw refused(
      `${cloud} has no way to issue a certificate anew under its key before it is due`,
      "run `up`, which renews what is due; for another key of the services use --what key",
    );
  const services = Object.values(internal?.services ?? {});
  if (services.length === 0)
    throw refused("the document declares no service whose key the stack makes", "declare services in internal.services");
  return [
    {
      title: `Issue the certificates of ${list(services.map(({ name }) => name))} anew, under new keys`,
      settings: services.map(({ name, keyGeneration }) => ({
        path: ["internal", "services", name, "keyGeneration"],
        value: keyGeneration + 1,
      })),
    },
  ];
}

function intermediateSteps(model: GatewayModel): RotationStep[] {
  ownAuthority("intermediate", model);
  const { intermediate } = model.internal?.authority ?? {};
  if (intermediate === undefined)
    throw refused(
      "the document declares no intermediate: the root itself signs",
      "add internal.authority.intermediate and run `up`, or use --what root",
    );
  return [
    {
      title: "Sign everything by an intermediate with a new key; nobody's trust changes",
      settings: [{ path: [...AUTHORITY, "intermediate", "generation"], value: intermediate.generation + 1 }],
    },
  ];
}

function rootSteps(model: GatewayModel): RotationStep[] {
  ownAuthority("root", model);
  const { generation = 1, rollover = "switch" } = model.internal?.authority ?? {};
  const next = rollover === "announce" ? generation : generation + 1;
  const at = (value: "announce" | "switch" | "finish") => [
    { path: [...AUTHORITY, "generation"], value: next },
    { path: [...AUTHORITY, "rollover"], value },
  ];
  const seen = model.tls.certificate.source === "internal";
  return [
    {
      title: `Announce root ${next}: everybody trusts it besides the one that signs`,
      settings: at("announce"),
      ...(seen ? { before: "clients have to trust both roots of the output `certificate.caCertificate`" } : {}),
    },
    { title: `Switch to root ${next}: it signs everything anew, the one before is still trusted`, settings: at("switch") },
    { title: `Finish: only root ${next} is trusted`, settings: at("finish") },
  ];
}

function ownAuthority(what: Rotation, model: GatewayModel): void {
  const { internal } = model;
  if (!usesInternal(model))
    throw refused(
      "nothing of this stack is internal: it has no authority of its own",
      "rotate the certificates you brought along where they come from",
    );
  const type = internal?.authority.issuer.type ?? "stack";
  if (type !== "stack")
    throw refused(
      `the ${what} is that of "${type}", not of this stack`,
      "rotate it there, with internal.authority.issuer.alsoTrusted while services change over",
    );
}

/** True when something is issued by, or verified against, the stack's own authority. */
const usesInternal = ({ backends, internal, jwtProviders, local, tls }: GatewayModel): boolean =>
  tls.certificate.source === "internal" ||
  Object.values(backends).some(({ tls: { trust, clientCertificate } }) => trust.kind === "internal" || clientCertificate === "internal") ||
  Object.values(jwtProviders).some(({ keys }) => keys.kind === "remote" && keys.trust.kind === "internal") ||
  Object.keys(internal?.services ?? {}).length + Object.keys(local.services).length > 0;

const refused = (message: string, remedy: string) => new OperationError("refused", message, remedy);

const list = (names: readonly string[]): string => (names.length < 4 ? names.join(", ") : `${names.length} services`);
