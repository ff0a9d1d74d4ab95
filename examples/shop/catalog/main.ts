import { serverOptions, tlsFilesFromEnvironment } from "../common/mutual-tls.ts";
import { createService, portFromEnvironment, renewOnHangup, run } from "../common/service.ts";
import { createCatalog } from "./catalog.ts";

const files = tlsFilesFromEnvironment();
const service = createService({
  name: "catalog",
  files,
  answer: createCatalog(),
  echo: process.env.ECHO === "1",
});
renewOnHangup("catalog", () => {
  files.reload();
  service.setSecureContext(serverOptions(files));
});
run(service, portFromEnvironment());
