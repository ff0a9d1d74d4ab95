import { execFile } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { promisify } from "node:util";
import type { Address } from "./addresses.ts";

/** Who listens on a port. */
export interface PortHolder {
  /** The address it listens on. */
  readonly host: string;
  /** Undefined for a process of another user. */
  readonly pid: number | undefined;
}

const run = promisify(execFile);

/** Every listening socket that would share connections with, or forbid, a listener on `address`. */
export async function holdersOf(address: Address): Promise<PortHolder[]> {
  const all = process.platform === "linux" ? linuxHolders(address.port) : await lsofHolders(address.port);
  return all.filter(({ host }) => host === address.host || isWildcard(host) || isWildcard(address.host));
}

const isWildcard = (host: string) => host === "0.0.0.0" || host === "::" || host === "*";

function linuxHolders(port: number): PortHolder[] {
  const sockets = [...listening("/proc/net/tcp", port), ...listening("/proc/net/tcp6", port)];
  if (sockets.length === 0) return [];
  const owners = socketOwners(new Set(sockets.map(({ inode }) => inode)));
  return sockets.map(({ host, inode }) => ({ host, pid: owners.get(inode) }));
}

/** Listening sockets of a table in /proc/net: `sl local_address rem_address st … inode`, addresses as hexadecimal words of the machine's byte order. */
function listening(table: string, port: number): { host: string; inode: string }[] {
  const LISTEN = "0A";
  return readFileSync(table, "utf8")
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      const [host = "", hexPort = ""] = local.split(":");
      return state === LISTEN && Number.parseInt(hexPort, 16) === port ? [{ host: addressOf(host), inode }] : [];
    });
}

function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, "hex").reverse()]);
  if (bytes.length === 4) return bytes.join(".");
  const mapped = bytes.slice(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 255));
  if (mapped) return bytes.slice(12).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

/** Which process holds which socket, as far as this user may see. */
function socketOwners(inodes: ReadonlySet<string>): Map<string, number> {
  const owners = new Map<string, number>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of entries(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${descriptor}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, Number(pid));
    }
  }
  return owners;
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** `lsof -F pn`: a line `p<pid>` for each process, then lines `n<host>:<port>` for its sockets. */
async function lsofHolders(port: number): Promise<PortHolder[]> {
  const { stdout } = await run("lsof", ["-nP", "-F", "pn", `-iTCP:${port}`, "-sTCP:LISTEN"]).catch(() => ({ stdout: "" }));
  let pid: number | undefined;
  return stdout.split("\n").flatMap((line) => {
    if (line.startsWith("p")) pid = Number(line.slice(1));
    if (!line.startsWith("n")) return [];
    return [{ host: line.slice(1, line.lastIndexOf(":")).replace(/^\[|\]$/g, ""), pid }];
  });
}
