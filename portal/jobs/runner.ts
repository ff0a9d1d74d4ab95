import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { cacheFolder } from "../../tools/setup/packages.mjs";

/**
 * Entry of the process that runs one attempt of an operation: `runner.ts <folder>`. It reads the request in the folder, writes a journal there, and knows
 * neither the portal nor its database.
 */
enableCompileCache(process.env.NODE_COMPILE_CACHE ?? join(cacheFolder(), "compile"));
const [, , folder = ""] = process.argv;
const { run } = await import("./run.ts");
process.exit(await run(folder));
