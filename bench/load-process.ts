import { type LoadOptions, runLoad } from "./load.ts";

process.once("message", async (options: LoadOptions) => {
  process.send?.(await runLoad(options));
  process.disconnect();
});
