import { createRequire } from "node:module";
import { extname } from "node:path";
import { RunError } from "@pulumi/pulumi";
import type { Backend, Cloud } from "./contract.ts";

const require = createRequire(import.meta.url);

/**
 * The backend of one cloud. Only now is that cloud's SDK loaded, and no other.
 *
 * @throws pulumi.RunError when the program that uses this package has not installed it.
 */
export function loadBackend(cloud: Cloud): Backend {
  try {
    // The package holds what was compiled: .js where the checkout has .ts.
    return (require(`./${cloud}/index${extname(import.meta.url)}`) as { backend: Backend }).backend;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "MODULE_NOT_FOUND" && code !== "ERR_MODULE_NOT_FOUND") throw error;
    const missing = /(?:module|package) '(@?[a-z][\w-]*(?:\/[\w-]+)?)/.exec(message)?.[1];
    if (missing !== undefined)
      throw new RunError(
        `The cloud ${cloud} needs the package ${missing}, which is not installed; install it next to secure-gateway: npm install ${missing}`,
      );
    throw new RunError(`The cloud ${cloud} is not part of this package; deploy it from a checkout of the project.`);
  }
}
