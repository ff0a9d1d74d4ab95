import { serverOptions, tlsFilesFromEnvironment } from "../common/mutual-tls.ts";
import { Neighbour } from "../common/neighbour.ts";
import { createService, portFromEnvironment, renewOnHangup, run } from "../common/service.ts";
import { createOrders } from "./orders.ts";

const files = tlsFilesFromEnvironment();
const { CATALOG_URL: url, CATALOG_IDENTITY: identity } = process.env;
const catalog = url === undefined ? undefined : new Neighbour({ url, files, ...(identity === undefined ? {} : { identity }) });
const service = createService({
  name: "orders",
  files,
  answer: createOrders(catalog),
  echo: process.env.ECHO === "1",
});
renewOnHangup("orders", () => {
  files.reload();
  service.setSecureContext(serverOptions(files));
});
run(service, portFromEnvironment());
