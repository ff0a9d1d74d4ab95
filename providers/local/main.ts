/**
 * Entry of the `localgateway` provider. The engine starts it with its own address as the only argument that is not a flag,
 * and reads from standard output the port to call.
 */
import { enableCompileCache } from "node:module";
import { cacheFolder } from "../../tools/setup/packages.mjs";

enableCompileCache(process.env.NODE_COMPILE_CACHE ?? `${cacheFolder()}/compile`);

const die = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};
process.on("uncaughtException", (error) => die(`The localgateway provider ended by a fault of its own: ${error.message}`));

const [{ Server, ServerCredentials }, { default: providerService }, { service }, { EngineLog }] = await Promise.all([
  import("@grpc/grpc-js"),
  import("@pulumi/pulumi/proto/provider_grpc_pb.js"),
  import("./rpc/service.ts"),
  import("./rpc/engine-log.ts"),
]);

const log = new EngineLog(process.argv.slice(2).find((argument) => !argument.startsWith("-")));
const { handlers, abandon } = service(log);

const MESSAGE_BYTES = 400 * 1024 * 1024;
const server = new Server({ "grpc.max_receive_message_length": MESSAGE_BYTES, "grpc.max_send_message_length": MESSAGE_BYTES });
server.addService(providerService.ResourceProviderService, handlers);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) die(`The localgateway provider cannot listen on a loopback port: ${error.message}`);
  process.stdout.write(`${port}\n`);
});

// Nobody can call a provider whose engine was killed: it gives up what it is doing, in good order, and ends.
const engine = process.ppid;
const ENGINE_CHECK_MS = 500;
const GIVE_UP_MS = 10_000;
const watch = setInterval(() => {
  if (process.ppid === engine) return;
  clearInterval(watch);
  setTimeout(() => process.exit(1), GIVE_UP_MS).unref();
  void abandon("The Pulumi CLI has ended").then(() => process.exit(1));
}, ENGINE_CHECK_MS);
watch.unref();
