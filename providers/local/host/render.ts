import { isRecord } from "../rpc/values.ts";
import { sha256 } from "./description.ts";

/** A file as it lies in the gateway's folder. */
export interface RenderedFile {
  readonly path: string;
  readonly content: string;
  /** For a discovery file (a DiscoveryResponse as JSON): what Envoy reports when it uses this content, and the resources in it. */
  readonly discovery?: { readonly version: string; readonly resources: readonly Resource[] };
}

export interface Resource {
  readonly "@type": string;
  readonly name: string;
}

/**
 * The program's files as they are written. A discovery file gets `version_info`, a digest of its path and content: that is how the host
 * sees which content Envoy uses.
 */
export function renderFiles(files: Readonly<Record<string, string>>): Map<string, RenderedFile> {
  return new Map(Object.entries(files).map(([path, content]) => [path, renderFile(path, content)]));
}

function renderFile(path: string, content: string): RenderedFile {
  const parsed = path.endsWith(".json") ? parseJson(content) : undefined;
  if (!isRecord(parsed) || !Array.isArray(parsed.resources)) return { path, content };
  const { version_info: _, ...rest } = parsed;
  return discoveryFile(path, rest, parsed.resources as Resource[]);
}

function discoveryFile(path: string, rest: Readonly<Record<string, unknown>>, resources: readonly Resource[]): RenderedFile {
  const version = sha256(`${path}\0${JSON.stringify({ ...rest, resources })}`).slice(0, 16);
  return { path, content: JSON.stringify({ version_info: version, ...rest, resources }), discovery: { version, resources } };
}

/**
 * What to write first when resources go: the new ones and, still, those that other files refer to until they are written too. Listeners are
 * left out: two of them would compete for an address.
 *
 * @returns undefined when nothing goes
 */
export function withRemoved(next: RenderedFile, before: RenderedFile): RenderedFile | undefined {
  if (next.discovery === undefined || before.discovery === undefined) return undefined;
  const names = new Set(next.discovery.resources.map(nameOf));
  const removed = before.discovery.resources.filter((resource) => !names.has(nameOf(resource)) && !resource["@type"].endsWith(".Listener"));
  if (removed.length === 0) return undefined;
  const { version_info: _, resources: __, ...rest } = JSON.parse(next.content) as Record<string, unknown>;
  return discoveryFile(next.path, rest, [...next.discovery.resources, ...removed]);
}

const nameOf = (resource: Resource & { cluster_name?: string }) => `${resource["@type"]} ${resource.name ?? resource.cluster_name}`;

/** JSON text in one spelling, so that layout alone is no difference; other text as it is. */
export function canonicalJson(text: string): string {
  const parsed = parseJson(text);
  return parsed === undefined ? text : JSON.stringify(parsed);
}

/** @returns undefined for what is not JSON: somebody may have changed a file on the disk */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Digest of everything that decides how Envoy behaves. */
export function configurationDigest(bootstrap: string, files: ReadonlyMap<string, RenderedFile>, workers: number, drainMs: number): string {
  const contents = [...files.values()].map(({ path, content }) => [path, content]).sort();
  return sha256(JSON.stringify([canonicalJson(bootstrap), contents, workers, drainMs]));
}
