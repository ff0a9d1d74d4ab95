import { existsSync } from "node:fs";
import type { RenderOptions } from "./envoy/materials.ts";
import { bundledRoots } from "./envoy/render.ts";

/** Where operating systems keep the public roots as one file: Debian, Fedora and Red Hat, SUSE, Alpine and macOS. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The machine's public roots, which its administrator keeps up to date; without any those that come with Node. */
export function publicRoots(exists: (file: string) => boolean = existsSync): RenderOptions["publicRoots"] {
  const file = BUNDLES.find((candidate) => exists(candidate));
  return file === undefined ? { pem: bundledRoots() } : { file };
}
