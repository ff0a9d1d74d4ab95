import { CloudFolder } from "./core/cloud-folder.ts";
import { SimulatedProvider } from "./core/provider.ts";
import { serve } from "./core/server.ts";
import { loadRules } from "./registry.ts";

// A provider plugin of the test suite, started by the engine: `main.ts <package>`. It stands in for the real plugin and reaches no cloud.
const [name = ""] = process.argv.slice(2);
const folder = process.env.SIMULATED_CLOUD;
if (!folder) {
  process.stderr.write(
    `pulumi-resource-${name} is the test suite's simulator, not the real provider: set SIMULATED_CLOUD to the folder that holds the simulated cloud\n`,
  );
  process.exit(1);
}
const { port } = await serve(new SimulatedProvider(loadRules(name), new CloudFolder(folder)));
process.stdout.write(`${port}\n`);

// The engine ends its plugins; one that was killed cannot, so its orphans end themselves.
const engine = process.ppid;
setInterval(() => {
  if (process.ppid !== engine) process.exit(0);
}, 1000);
