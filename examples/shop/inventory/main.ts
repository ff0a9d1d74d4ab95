import { tlsFilesFromEnvironment } from "../common/mutual-tls.ts";
import { log, portFromEnvironment } from "../common/service.ts";
import { createInventory, serverCredentials } from "./inventory.ts";

const files = tlsFilesFromEnvironment();
const server = createInventory(files);
server.bindAsync(`127.0.0.1:${portFromEnvironment()}`, serverCredentials(files), (error) => {
  if (error) throw error;
  log({ service: "inventory", state: "ready" });
});
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    // Streams do not end by themselves; give unary calls a moment, then cut what is left.
    const cut = setTimeout(() => server.forceShutdown(), 2000);
    server.tryShutdown(() => {
      clearTimeout(cut);
      process.exit(0);
    });
  });
}
