import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What the npm SDK of a provider says about one resource type: the only description of the provider that is on this machine. */
export interface SdkType {
  readonly token: string;
  /** Properties a program may give. */
  readonly inputs: ReadonlySet<string>;
  readonly required: ReadonlySet<string>;
  /** Properties of the resource object, by name. */
  readonly outputs: ReadonlyMap<string, SdkOutput>;
  readonly secretInputs: ReadonlySet<string>;
  readonly secretOutputs: ReadonlySet<string>;
  /** Version of the cloud's API the type talks to; azure-native says it, the others do not. */
  readonly apiVersion: string | undefined;
}

export interface SdkOutput {
  /** TypeScript type as written, such as `string`, `outputs.acm.CertificateOptions`, `string[]`. */
  readonly type: string;
  readonly optional: boolean;
  /** Never given by a program. */
  readonly computed: boolean;
}

const PACKAGES: Readonly<Record<string, string>> = { acme: "@pulumiverse/acme" };
const require = createRequire(import.meta.url);

/** Reads resource types out of one provider's npm package. */
export class Sdk {
  readonly name: string;
  readonly version: string;
  readonly #folder: string;
  readonly #types = new Map<string, SdkType | undefined>();

  constructor(name: string) {
    this.name = name;
    const manifest = require.resolve(`${PACKAGES[name] ?? `@pulumi/${name}`}/package.json`);
    this.#folder = dirname(manifest);
    this.version = (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
  }

  /** The type, or undefined when the SDK has no such resource. */
  type(token: string): SdkType | undefined {
    if (!this.#types.has(token)) this.#types.set(token, this.#read(token));
    return this.#types.get(token);
  }

  #read(token: string): SdkType | undefined {
    const [, module = "", name = ""] = token.split(":");
    const parts = module === "index" ? [] : module.split("/");
    for (const [folder, file] of [
      [parts.slice(0, -1), parts.at(-1)],
      [parts, name],
    ] as const) {
      const found = file === undefined ? undefined : this.#find(join(this.#folder, ...folder.filter((part) => part !== "index")), file);
      if (!found) continue;
      const type = parse(token, readFileSync(`${found}.js`, "utf8"), readFileSync(`${found}.d.ts`, "utf8"));
      if (type) return type;
    }
    return undefined;
  }

  /** File names are the resource's name in camel case, in a spelling of the generator's own (`afdcustomDomain`). */
  #find(folder: string, name: string): string | undefined {
    if (!existsSync(folder)) return undefined;
    const file = readdirSync(folder).find((entry) => entry.toLowerCase() === `${name.toLowerCase()}.js`);
    return file === undefined ? undefined : join(folder, file.slice(0, -".js".length));
  }
}

function parse(token: string, code: string, typings: string): SdkType | undefined {
  if (!new RegExp(`__pulumiType = ['"]${token.replace(/[/.]/g, "\\$&")}['"]`).test(code)) return undefined;
  const names = (pattern: RegExp) => new Set([...code.matchAll(pattern)].map((match) => match[1] as string));
  const inputs = names(/resourceInputs\["(\w+)"\] = (?!undefined|state\?)/g);
  const computed = names(/resourceInputs\["(\w+)"\] = undefined \/\*out\*\//g);
  const secretOutputs = /additionalSecretOutputs: \[([^\]]*)\]/.exec(code)?.[1] ?? "";
  return {
    token,
    inputs,
    required: names(/Missing required property '(\w+)'/g),
    secretInputs: names(/resourceInputs\["(\w+)"\] = args\?\.\w+ \? pulumi\.secret/g),
    secretOutputs: new Set([...secretOutputs.matchAll(/"(\w+)"/g)].map((match) => match[1] as string)),
    apiVersion: /Uses Azure REST API version (\S+?)\.(?:\s|$)/.exec(typings)?.[1],
    outputs: outputs(typings, computed, inputs),
  };
}

function outputs(typings: string, computed: ReadonlySet<string>, inputs: ReadonlySet<string>): Map<string, SdkOutput> {
  const body = typings.slice(typings.indexOf("export declare class "), typings.indexOf("constructor("));
  const found = new Map<string, SdkOutput>();
  for (const match of body.matchAll(/readonly (\w+): pulumi\.Output<((?:[^;]|;(?!\n {4}(?:\/\*\*|readonly|constructor|static|$)))*)>;/g)) {
    const [, name = "", written = ""] = match;
    const type = written.replace(/\s+/g, " ").trim();
    found.set(name, {
      type: type.replace(/ \| undefined$/, ""),
      optional: / \| undefined$/.test(type),
      computed: computed.has(name) && !inputs.has(name),
    });
  }
  return found;
}
