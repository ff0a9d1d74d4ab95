import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import * as rpc from "@pulumi/pulumi/runtime/rpc.js";
import { nameOfUrn } from "../../components/urn.ts";

/** A resource as a program registered it, before any engine or cloud saw it. */
export interface PlannedResource {
  /** Pulumi type token, such as `aws:apigateway/restApi:RestApi`. */
  readonly type: string;
  readonly name: string;
  /** Inputs; secrets are masked, values only the cloud knows read `${name.property}` or `(known after deployment)`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Names of the resources it waits for. */
  readonly dependsOn: readonly string[];
  /** Name of the resource it belongs to; undefined for those directly under the stack. */
  readonly parent: string | undefined;
  /** Options that decide about replacement and deletion, where set. */
  readonly options: ResourceOptionsSummary;
}

export interface ResourceOptionsSummary {
  readonly protect?: true;
  readonly retainOnDelete?: true;
  readonly deleteBeforeReplace?: true;
  readonly ignoreChanges?: readonly string[];
  readonly timeouts?: { readonly create?: string; readonly update?: string; readonly delete?: string };
  readonly import?: string;
}

/** Outputs a cloud computes, by resource type: what stands in their place while planning. */
export type ComputedOutputs = (type: string, name: string, inputs: Record<string, unknown>) => Record<string, unknown>;

/** Answers to questions a program asks the cloud while it runs (invokes), by token; undefined when there is none offline. */
export type CloudAnswers = (token: string, inputs: Record<string, unknown>) => Record<string, unknown> | undefined;

const ASSETS: ReadonlySet<string> = new Set([rpc.specialAssetSig, rpc.specialArchiveSig]);

const MASK = "[secret]";
const LATER = "(known after deployment)";

/** `plain`: as `PlainSecret`, for a caller that made the secrets up itself and reads what becomes of them. */
export type SecretsAs = "masked" | "plain";

/** A secret in plain, with its mark. */
export class PlainSecret {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getParent(): string;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
  getDependenciesList(): string[];
  getPropertydependenciesMap(): { forEach(visit: (value: { getUrnsList(): string[] }) => void): void };
  getProtect(): boolean | undefined;
  getRetainondelete(): boolean | undefined;
  getDeletebeforereplace(): boolean;
  getIgnorechangesList(): string[];
  getImportid(): string;
  getCustomtimeouts(): { getCreate(): string; getUpdate(): string; getDelete(): string } | undefined;
}

/** Stands where the engine would: writes every registration down and answers with what the cloud would compute. */
export class RecordingMonitor extends MockMonitor {
  readonly recorded: PlannedResource[] = [];
  readonly #secrets: SecretsAs;

  /** @param secrets How secrets are written down: a plan for people masks them. */
  constructor(computed: ComputedOutputs, answers: CloudAnswers = () => undefined, secrets: SecretsAs = "masked") {
    super({
      newResource: ({ type, name, inputs }) => ({
        id: type.startsWith("pulumi:") ? name : `\${${name}.id}`,
        state: { ...inputs, ...computed(type, name, inputs) },
      }),
      call: ({ token, inputs }) => {
        const answer = answers(token, inputs);
        if (answer !== undefined) return answer;
        throw new pulumi.RunError(`The program asks the cloud for "${token}", which an offline plan cannot answer.`);
      },
    });
    this.#secrets = secrets;
  }

  override async registerResource(request: RegisterRequest, callback: (error: unknown, response?: unknown) => void): Promise<void> {
    this.#record(request);
    await super.registerResource(request, callback);
  }

  #record(request: RegisterRequest): void {
    if (request.getType() === "pulumi:pulumi:Stack") return;
    const urns = new Set(request.getDependenciesList());
    request.getPropertydependenciesMap().forEach((dependencies) => {
      for (const urn of dependencies.getUrnsList()) urns.add(urn);
    });
    const parent = request.getParent();
    this.recorded.push({
      type: request.getType(),
      name: request.getName(),
      inputs: readable(request.getObject()?.toJavaScript() ?? {}, this.#secrets) as Record<string, unknown>,
      dependsOn: [...urns].map(nameOfUrn).sort(),
      parent: parent === "" || parent.includes("::pulumi:pulumi:Stack::") ? undefined : nameOfUrn(parent),
      options: optionsOf(request),
    });
  }
}

function optionsOf(request: RegisterRequest): ResourceOptionsSummary {
  const timeouts = request.getCustomtimeouts();
  const set = Object.entries({ create: timeouts?.getCreate(), update: timeouts?.getUpdate(), delete: timeouts?.getDelete() }).filter(
    ([, value]) => value,
  );
  return {
    ...(request.getProtect() ? { protect: true as const } : {}),
    ...(request.getRetainondelete() ? { retainOnDelete: true as const } : {}),
    ...(request.getDeletebeforereplace() ? { deleteBeforeReplace: true as const } : {}),
    ...(request.getIgnorechangesList().length > 0 ? { ignoreChanges: request.getIgnorechangesList() } : {}),
    ...(request.getImportid() ? { import: request.getImportid() } : {}),
    ...(set.length > 0 ? { timeouts: Object.fromEntries(set) } : {}),
  };
}

/** Wire form → what a reader of the plan sees. */
function readable(value: unknown, secrets: SecretsAs): unknown {
  if (value === rpc.unknownValue) return LATER;
  if (Array.isArray(value)) return value.map((entry) => readable(entry, secrets));
  if (typeof value !== "object" || value === null) return value;
  const object = value as Record<string, unknown>;
  const signature = object[rpc.specialSigKey];
  if (signature === rpc.specialSecretSig) return secrets === "masked" ? MASK : new PlainSecret(readable(object.value, secrets));
  if (signature === rpc.specialResourceSig) return `\${${nameOfUrn(String(object.urn))}}`;
  if (typeof signature === "string" && ASSETS.has(signature)) {
    const { [rpc.specialSigKey]: _, ...asset } = object;
    return readable(asset, secrets);
  }
  return Object.fromEntries(Object.entries(object).map(([key, entry]) => [key, readable(entry, secrets)]));
}
