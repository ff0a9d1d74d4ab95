import { gatewayProgram } from "./components/program.ts";

/** Entry of `pulumi up`; the `gateway` command and the portal run the same function through the Automation API. */
export default async () => gatewayProgram(import.meta.dirname);
