import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { stringify } from "yaml";
import { setSecret } from "../../automation/maintenance.ts";
import { isRecord, type Project, stackNames } from "../../automation/project.ts";
import { readStackFile, settingsOf } from "../../automation/stack-file.ts";
import { CLOUDS } from "../../components/backends/contract.ts";
import { digest as textDigest } from "../../components/digest.ts";
import { NAMESPACE } from "../../components/stack-settings.ts";
import { type Actor, type NewStack, Refusal } from "../service.ts";
import { insertDocument } from "../store/documents.ts";
import { changeSettings, insertStack, stackRow } from "../store/stacks.ts";
import { act, type PortalContext } from "./context.ts";
import { demandText } from "./documents.ts";
import { refusalOf } from "./failures.ts";

const NAME = /^[A-Za-z][A-Za-z0-9-]{0,62}$/;
/** Settings of providers, without what is a secret or the address of another cloud than the real one. */
const CONFIG_KEY = /^(aws|azure-native|gcp|acme):[A-Za-z]{1,40}$/;
const SECRET_KEY = /secret|token|password|credential|accesskey|privatekey|certificate/i;

/** Stands for the portal itself where something was done without anybody asking. */
export const PORTAL: Pick<Actor, "id" | "from"> = { id: "portal", from: "itself" };

/** Creates a stack with the first version of its document. @throws Refusal `invalid` or `conflict` */
export async function createStack(context: PortalContext, actor: Actor, stack: NewStack): Promise<void> {
  await act(context, actor, { action: "stack.create", subject: stack.name }, async (sql) => {
    if (!NAME.test(stack.name))
      throw new Refusal("invalid", "The name cannot be a stack's", "use letters, digits and dashes, a letter first, at most 63");
    const cloud = CLOUDS.find((known) => known === stack.cloud);
    if (cloud === undefined) throw new Refusal("invalid", "There is no such cloud", `choose one of ${CLOUDS.join(", ")}`);
    if (cloud === "local" && !runsLocally(context)) throw localRefused();
    demandText(stack.document);
    const added = await insertStack(sql, {
      name: stack.name,
      cloud,
      stack_file: newStackFile(stack),
      four_eyes: context.options.shared,
      document_folder: "gateways",
      by: actor.id,
    });
    if (!added) throw new Refusal("conflict", "There is a stack of this name already", "choose another name");
    const digest = textDigest(stack.document);
    await insertDocument(sql, { stack: stack.name, version: 1, text: stack.document, digest, by: actor.id });
    return { result: undefined, digest };
  });
}

export const runsLocally = ({ options }: PortalContext) => options.localStacks ?? !options.shared;

export const localRefused = () =>
  new Refusal(
    "invalid",
    "This portal does not run gateways on its own machine: a document could start any program there",
    "choose aws, azure or gcp, or use a portal of your own on your machine",
  );

function newStackFile({ name, cloud, settings = {} }: NewStack): string {
  const { config = {}, secretsProvider, encryptedKey } = settings;
  for (const [key, value] of Object.entries(config)) {
    if (!CONFIG_KEY.test(key))
      throw new Refusal(
        "invalid",
        "A setting of the stack is not one of a cloud's provider",
        "use keys such as aws:region, azure-native:location, gcp:project",
      );
    if (SECRET_KEY.test(key))
      throw new Refusal("invalid", `The setting ${key} is a secret`, "give the portal's own process the cloud's credentials instead");
    if (!["string", "number", "boolean"].includes(typeof value) || String(value).length > 400)
      throw new Refusal("invalid", `The setting ${key} is not a short text, number or yes and no`, "correct it");
  }
  if ((secretsProvider === undefined) !== (encryptedKey === undefined))
    throw new Refusal(
      "invalid",
      "Of secretsProvider and encryptedKey one is missing",
      "give both, as `pulumi stack init` wrote them, or none",
    );
  if (secretsProvider !== undefined && !/^(awskms|azurekeyvault|gcpkms|hashivault):\/\/\S{1,400}$/.test(secretsProvider))
    throw new Refusal(
      "invalid",
      "The secrets provider is not a key service",
      "use awskms://, azurekeyvault://, gcpkms:// or hashivault://",
    );
  return stringify({
    ...(secretsProvider === undefined ? {} : { secretsprovider: secretsProvider, encryptedkey: encryptedKey }),
    config: { [`${NAMESPACE}:cloud`]: cloud, [`${NAMESPACE}:document`]: `gateways/${name}.yaml`, ...config },
  });
}

/** Makes stacks of the portal out of the project's stack files it has not seen before; a file that is faulty is left where it is. */
export async function adoptStacks(context: PortalContext): Promise<void> {
  const { project, shared } = context.options;
  const known = new Set((await context.database.query<{ name: string }>("SELECT name FROM portal.stack")).map(({ name }) => name));
  for (const name of stackNames(project)) {
    if (known.has(name) || !NAME.test(name)) continue;
    const found = readable(project, name);
    if (found === undefined) continue;
    await act(context, { ...PORTAL, name: "the portal", roles: [], stacks: [] }, { action: "stack.adopt", subject: name }, async (sql) => {
      const digest = textDigest(found.text);
      const { cloud, stackFile, folder } = found;
      const added = await insertStack(sql, {
        name,
        cloud,
        stack_file: stackFile,
        four_eyes: shared,
        document_folder: folder,
        by: PORTAL.id,
      });
      // Another portal was faster.
      if (!added) throw new Refusal("conflict", "The stack has been adopted", "nothing is to be done");
      await insertDocument(sql, { stack: name, version: 1, text: found.text, digest, by: PORTAL.id });
      return { result: undefined, digest };
    }).catch((error) => {
      if (!(error instanceof Refusal) || error.code !== "conflict") throw error;
    });
  }
}

function readable(project: Project, name: string) {
  try {
    const file = readStackFile(project, name);
    const { cloud, document } = settingsOf(project, file);
    const text = readFileSync(document, "utf8");
    demandText(text);
    return { cloud, text, stackFile: file.text, folder: relative(project.root, dirname(document)) };
  } catch {
    return undefined;
  }
}

/** Encrypts a secret into the stack's file. The value goes to the engine's standard input only. */
export async function storeSecret(context: PortalContext, actor: Actor, name: string, secret: string, value: string): Promise<void> {
  const deed = { action: "secret.set", subject: `${name}/${secret}` };
  const { options, database } = context;
  const { stack_file: before } = await stackRow(database, name);
  let after: string;
  const folder = mkdtempSync(join(context.operationsFolder, "secret-"));
  try {
    writeFileSync(join(folder, `Pulumi.${name}.yaml`), before, { mode: 0o600 });
    const project = { ...options.project, stackFolder: folder };
    await context.readers.take(() => setSecret({ project, stack: name, engine: options.engine, name: secret, value }));
    after = readFileSync(join(folder, `Pulumi.${name}.yaml`), "utf8");
  } catch (error) {
    throw refusalOf(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await act(context, actor, deed, async (sql) => {
    const { stack_file: now } = await stackRow(sql, name, true);
    if (now !== before) throw new Refusal("conflict", "The stack's settings have been changed at the same time", "set the secret again");
    await changeSettings(sql, name, { stackFile: after });
    return { result: undefined };
  });
}

/** Digests of the stack's encrypted secrets, by name: another digest means another value. */
export function secretDigests(config: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) =>
      isRecord(value) && typeof value.secure === "string" ? [[key.replace(`${NAMESPACE}:`, ""), textDigest(value.secure)]] : [],
    ),
  );
}
