import { serverOptions, tlsFilesFromEnvironment } from "../common/mutual-tls.ts";
import { createService, portFromEnvironment, renewOnHangup, run } from "../common/service.ts";
import { createOrders } from "./orders.ts";

const files = tlsFilesFromEnvironment();
const service = createService({
  name: "orders",
  files,
  answer: createOrders(),
  echo: process.env.ECHO === "1",
});
renewOnHangup("orders", () => {
  files.reload();
  service.setSecureContext(serverOptions(files));
});
run(service, portFromEnvironment());
