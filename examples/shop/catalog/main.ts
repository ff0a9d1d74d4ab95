import { tlsFilesFromEnvironment } from "../common/mutual-tls.ts";
import { createService, portFromEnvironment, run } from "../common/service.ts";
import { createCatalog } from "./catalog.ts";

const service = createService({
  name: "catalog",
  files: tlsFilesFromEnvironment(),
  answer: createCatalog(),
  echo: process.env.ECHO === "1",
});
run(service, portFromEnvironment());
