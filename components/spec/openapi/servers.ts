import { isPlainObject } from "../overlay.ts";
import { parseUrl } from "../url.ts";
import { child, entries, faultAt, type Node, type NodeFault } from "./node.ts";

/** Base path of a server, variables replaced by their defaults; `""` for none. */
export function serverPath(server: Node): string {
  const url = child(server, "url")?.value;
  if (typeof url !== "string") return "";
  const variables = Object.fromEntries(entries(child(server, "variables")).map(([name, node]) => [name, child(node, "default")?.value]));
  const filled = url.replace(/\{([^{}]*)\}/g, (whole, name: string) => (Object.hasOwn(variables, name) ? String(variables[name]) : whole));
  // A URL of variables without defaults may hold them in its host, where braces are not allowed.
  const path =
    parseUrl(filled, "https://host.invalid/")?.pathname ?? parseUrl(filled.replace(/[{}]/g, ""), "https://host.invalid/")?.pathname;
  return path === undefined ? "" : decodeBraces(path).replace(/\/+$/, "");
}

const decodeBraces = (path: string) => path.replaceAll("%7B", "{").replaceAll("%7D", "}");

/**
 * What stands before every path. Servers with a base path leave open whether it is part of the public path or of a backend's address,
 * so the gateway document says it; undefined after a fault.
 */
export function basePathOf(root: Node, declared: string | undefined, faults: NodeFault[]): string | undefined {
  if (declared !== undefined) return declared.replace(/\/+$/, "");
  const servers = child(root, "servers");
  if (servers === undefined || !Array.isArray(servers.value)) return "";
  const list = servers.value.flatMap((value, index) =>
    isPlainObject(value) ? [{ index, path: serverPath(child(servers, index) as Node) }] : [],
  );
  const based = list.find(({ path }) => path !== "");
  if (based === undefined) return "";
  faults.push(
    faultAt(
      servers,
      [based.index, "url"],
      `has the base path "${based.path}", which may or may not be part of the public paths`,
      `say it in the gateway document: openapi: { file: …, basePath: ${based.path} }, or basePath: / for none`,
    ),
  );
  return undefined;
}
