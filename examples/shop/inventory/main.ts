import { tlsFilesFromEnvironment } from "../common/mutual-tls.ts";
import { log, portFromEnvironment, renewOnHangup } from "../common/service.ts";
import { Certificates, createInventory, serverCredentials } from "./inventory.ts";

const files = tlsFilesFromEnvironment();
const certificates = new Certificates(files);
renewOnHangup("inventory", () => {
  files.reload();
  certificates.renew();
});
const server = createInventory(files);
server.bindAsync(`127.0.0.1:${portFromEnvironment()}`, serverCredentials(certificates), (error) => {
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
