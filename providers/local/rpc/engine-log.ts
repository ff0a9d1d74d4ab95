import { credentials } from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";

type Severity = "debug" | "info" | "warning";

/** Messages to the user through the engine, which shows them next to the resource they concern. */
export class EngineLog {
  #client: InstanceType<typeof engineService.EngineClient> | undefined;

  constructor(address: string | undefined) {
    if (address !== undefined) this.connect(address);
  }

  /** @param address `host:port` of the engine */
  connect(address: string): void {
    this.#client = new engineService.EngineClient(address, credentials.createInsecure());
  }

  /** Best effort: a message that cannot be delivered is dropped. */
  write(severity: Severity, message: string, urn = ""): void {
    const { LogRequest, LogSeverity } = engineMessages;
    const request = new LogRequest();
    request.setSeverity({ debug: LogSeverity.DEBUG, info: LogSeverity.INFO, warning: LogSeverity.WARNING }[severity]);
    request.setMessage(message);
    request.setUrn(urn);
    this.#client?.log(request, () => {});
  }
}
