import { join } from "node:path";
import { cacheFolder } from "./packages.mjs";

/** Environment of a Chromium that keeps its settings and reports of crashes in the project's cache, not among the user's own. */
export function browserEnvironment(): NodeJS.ProcessEnv {
  const folder = join(cacheFolder(), "browser");
  return { ...process.env, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder };
}
