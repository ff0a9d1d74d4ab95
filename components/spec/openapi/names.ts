import type { METHODS } from "./fields.ts";

/** The route name an operation gets: its operationId, or method and path, in the letters route names have. */
export function routeName(operationId: string | undefined, method: (typeof METHODS)[number], path: string): string {
  const name = (operationId ?? `${method} ${path}`)
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^[^A-Za-z]+/, "")
    .slice(0, 64)
    .replace(/[-_]+$/, "");
  return name === "" ? method : name;
}

/** Parameter names of OpenAPI may hold any character; those of routes are words. */
export function plainParameters(path: string): string {
  return path.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const word = name.replace(/[^A-Za-z0-9_]/g, "_").slice(0, 63);
    return `{${/^[0-9]/.test(word) ? `_${word.slice(0, 62)}` : word}}`;
  });
}
