import { tlsFilesFromEnvironment } from "../common/mutual-tls.ts";
import { createService, portFromEnvironment, run } from "../common/service.ts";
import { createOrders } from "./orders.ts";

const service = createService({
  name: "orders",
  files: tlsFilesFromEnvironment(),
  answer: createOrders(),
  echo: process.env.ECHO === "1",
});
run(service, portFromEnvironment());
