import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv, type ValidateFunction } from "ajv";
import { parseAllDocuments } from "yaml";
import { onPath } from "../../tools/setup/find.ts";
import { goEnvironment, goProgram } from "../../tools/setup/go.ts";
import { cacheFolder } from "../../tools/setup/packages.mjs";

/** Where each module keeps its definitions of custom resources, as its authors publish them. */
const MODULES = {
  "istio.io/api": "kubernetes/customresourcedefinitions.gen.yaml",
  "github.com/cert-manager/cert-manager": "deploy/crds/*.yaml",
} as const;

const FOLDER = join(import.meta.dirname, "..", "..", "tools", "crds");

type Schema = Record<string, unknown>;

/** Checks objects against the published definitions; fields a definition does not have are faults, too. */
export class PublishedSchemas {
  readonly #validators = new Map<string, ValidateFunction>();

  /** The definitions of the versions tools/crds pins; undefined on a machine without Go. @throws when the modules cannot be had */
  static async load(): Promise<PublishedSchemas | undefined> {
    if (onPath("go").length === 0) return undefined;
    const go = await goProgram("The schemas of Istio and cert-manager", "1.22.0");
    const env = goEnvironment(join(cacheFolder(), "crds"));
    const schemas = new PublishedSchemas();
    const pinned = readFileSync(join(FOLDER, "go.mod"), "utf8");
    for (const [module, files] of Object.entries(MODULES)) {
      const version = new RegExp(`${module.replaceAll(".", "\\.")} (v\\S+)`).exec(pinned)?.[1];
      const { stdout } = await promisify(execFile)(go, ["mod", "download", "-json", `${module}@${version}`], { cwd: FOLDER, env });
      const { Dir: folder } = JSON.parse(stdout) as { Dir: string };
      for (const file of globSync(files, { cwd: folder })) schemas.#add(readFileSync(join(folder, file), "utf8"));
    }
    return schemas;
  }

  /** `group/version/Kind` of everything known. */
  get kinds(): string[] {
    return [...this.#validators.keys()].sort();
  }

  /** What is wrong with an object; empty when nothing is. @throws when nobody has published a definition of its kind */
  faults(object: { readonly apiVersion: string; readonly kind: string; readonly spec?: unknown }): string[] {
    const kind = `${object.apiVersion}/${object.kind}`;
    const validate = this.#validators.get(kind);
    if (validate === undefined) throw new Error(`there is no published definition of ${kind}`);
    return validate(object)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
  }

  #add(text: string): void {
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
    for (const document of parseAllDocuments(text)) {
      const definition = document.toJS() as Definition | null;
      if (definition?.kind !== "CustomResourceDefinition") continue;
      for (const { name, served, schema } of definition.spec.versions) {
        if (!served) continue;
        const closed = { ...closedSchema(schema.openAPIV3Schema), additionalProperties: true };
        this.#validators.set(`${definition.spec.group}/${name}/${definition.spec.names.kind}`, ajv.compile(closed));
      }
    }
  }
}

interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** The API server drops fields a definition does not have; here they are faults. Kubernetes' own words for types become JSON Schema's. */
function closedSchema(schema: Schema): Schema {
  const { nullable, properties, ...rest } = schema;
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties !== undefined;
  const result: Schema = { ...rest };
  if (typeof rest.items === "object") result.items = closedSchema(rest.items as Schema);
  if (typeof rest.additionalProperties === "object") result.additionalProperties = closedSchema(rest.additionalProperties as Schema);
  if (typeof properties === "object") {
    result.properties = Object.fromEntries(
      Object.entries(properties as Record<string, Schema>).map(([name, part]) => [name, closedSchema(part)]),
    );
    if (!open && schema.type === "object") result.additionalProperties = false;
  }
  if (schema["x-kubernetes-int-or-string"] === true) result.type = ["integer", "string"];
  return nullable === true ? { anyOf: [{ type: "null" }, result] } : result;
}
