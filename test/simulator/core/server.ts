import { createRequire } from "node:module";
import * as grpc from "@grpc/grpc-js";
import { type SimulatedProvider, UnreadyError } from "./provider.ts";
import { CloudError } from "./rule.ts";
import { defined, type Values } from "./values.ts";

// Generated CommonJS code of the SDK, without typings that fit: the parts used here are described below.
const require = createRequire(import.meta.url);
const messages = require("@pulumi/pulumi/proto/provider_pb.js");
const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb.js");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb.js");
const { Status } = require("@pulumi/pulumi/proto/status_pb.js");
const ofSdk = createRequire(require.resolve("@pulumi/pulumi"));
const { Any } = ofSdk("google-protobuf/google/protobuf/any_pb.js");
const { Empty } = ofSdk("google-protobuf/google/protobuf/empty_pb.js");
const { Struct } = ofSdk("google-protobuf/google/protobuf/struct_pb.js");

/** A request of the provider protocol, as far as it is read here; every message has some of these. */
interface Request {
  getUrn(): string;
  getId(): string;
  getTok(): string;
  getPreview(): boolean;
  getOlds(): Bag;
  getNews(): Bag;
  getOldInputs(): Bag;
  getProperties(): Bag;
  getInputs(): Bag;
  getArgs(): Bag;
  getRandomseed_asB64(): string;
}
type Bag = { toJavaScript(): Values } | undefined;
type Answer = object;

const values = (bag: Bag): Values => bag?.toJavaScript() ?? {};
const struct = (from: Values): unknown => Struct.fromJavaScript(defined(from));
const KINDS = { add: 0, delete: 2, update: 4 } as const;

/** Answers the engine's provider protocol on a loopback port of its own. */
export async function serve(provider: SimulatedProvider): Promise<{ port: number; close(): Promise<void> }> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(ResourceProviderService, handlers(methods(provider)) as grpc.UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return { port, close: async () => server.forceShutdown() };
}

type Methods = Readonly<Record<string, (request: Request) => Answer | Promise<Answer>>>;

function methods(provider: SimulatedProvider): Methods {
  return {
    handshake: () => new messages.ProviderHandshakeResponse(),
    attach: () => new Empty(),
    cancel: () => new Empty(),
    getPluginInfo: () => {
      const info = new PluginInfo();
      info.setVersion(provider.sdk.version);
      return info;
    },
    getSchema: () => {
      const answer = new messages.GetSchemaResponse();
      answer.setSchema(
        JSON.stringify({ name: provider.sdk.name, version: provider.sdk.version, description: "Simulator: test equipment" }),
      );
      return answer;
    },
    checkConfig: (request) => {
      const news = values(request.getNews());
      const faults = provider.configurationFaults(unpacked(news)).map((reason) => ({ property: "", reason }));
      return checked(news, faults);
    },
    diffConfig: () => new messages.DiffResponse(),
    configure: (request) => {
      provider.configure(unpacked(values(request.getArgs())));
      const answer = new messages.ConfigureResponse();
      answer.setSupportspreview(true);
      return answer;
    },
    check: (request) => {
      const { inputs, failures } = provider.check(
        request.getUrn(),
        values(request.getOlds()),
        values(request.getNews()),
        request.getRandomseed_asB64(),
      );
      return checked(inputs, failures);
    },
    diff: (request) => diffed(provider, request),
    create: async (request) => {
      const { id, outputs } = await provider.create(request.getUrn(), values(request.getProperties()), request.getPreview());
      const answer = new messages.CreateResponse();
      answer.setId(id);
      answer.setProperties(struct(outputs));
      return answer;
    },
    update: async (request) => {
      const outputs = await provider.update(
        request.getUrn(),
        request.getId(),
        values(request.getOlds()),
        values(request.getNews()),
        request.getPreview(),
      );
      const answer = new messages.UpdateResponse();
      answer.setProperties(struct(outputs));
      return answer;
    },
    delete: async (request) => {
      await provider.delete(request.getUrn(), request.getId(), values(request.getOldInputs()), values(request.getProperties()));
      return new Empty();
    },
    read: (request) => {
      const found = provider.read(request.getUrn(), request.getId());
      const answer = new messages.ReadResponse();
      if (!found) return answer;
      answer.setId(request.getId());
      answer.setProperties(struct(found.outputs));
      answer.setInputs(struct(found.inputs));
      return answer;
    },
    invoke: (request) => {
      const answer = new messages.InvokeResponse();
      answer.setReturn(struct(provider.invoke(request.getTok(), values(request.getArgs()))));
      return answer;
    },
  };
}

function diffed(provider: SimulatedProvider, request: Request): Answer {
  const { differences, deleteBeforeReplace } = provider.diff(
    request.getUrn(),
    request.getId(),
    values(request.getOldInputs()),
    values(request.getOlds()),
    values(request.getNews()),
  );
  const answer = new messages.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
  answer.setChanges(differences.length > 0 ? DIFF_SOME : DIFF_NONE);
  answer.setHasdetaileddiff(true);
  answer.setDeletebeforereplace(deleteBeforeReplace);
  for (const { path, kind, replaces } of differences) {
    const property = new messages.PropertyDiff();
    property.setKind(KINDS[kind] + (replaces ? 1 : 0));
    property.setInputdiff(true);
    answer.getDetaileddiffMap().set(path, property);
    const top = /^[^.[]+/.exec(path)?.[0] ?? path;
    answer.addDiffs(top);
    if (replaces) answer.addReplaces(top);
  }
  return answer;
}

function checked(inputs: Values, failures: readonly { property: string; reason: string }[]): Answer {
  const answer = new messages.CheckResponse();
  answer.setInputs(struct(inputs));
  for (const { property, reason } of failures) {
    const failure = new messages.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    answer.addFailures(failure);
  }
  return answer;
}

/** Provider configuration arrives as text: objects, lists and booleans are JSON in it. */
function unpacked(config: Values): Values {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      if (typeof value !== "string" || !/^(?:[{[]|true$|false$)/.test(value)) return [key, value];
      try {
        return [key, JSON.parse(value)];
      } catch {
        return [key, value];
      }
    }),
  );
}

type Unary = (call: { request: Request }, callback: (error: unknown, answer?: Answer) => void) => void;

/** Every method of the protocol: those above, and for the others the answer that they are not there. */
function handlers(implemented: Methods): Record<string, Unary> {
  return Object.fromEntries(
    Object.keys(ResourceProviderService).map((method) => {
      const work = implemented[method];
      const handler: Unary = (call, callback) => {
        if (!work) return callback({ code: grpc.status.UNIMPLEMENTED, message: `the simulator does not answer ${method}` });
        Promise.resolve()
          .then(() => work(call.request))
          .then(
            (answer) => callback(null, answer),
            (error: unknown) => callback(failure(error)),
          );
      };
      return [method, handler];
    }),
  );
}

function failure(error: unknown): object {
  if (error instanceof UnreadyError) return unready(error);
  const message = error instanceof CloudError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: grpc.status.UNKNOWN, message };
}

/** The protocol's way to say that a resource exists but is not ready: details next to the status. */
function unready(error: UnreadyError): object {
  const detail = new messages.ErrorResourceInitFailed();
  detail.setId(error.id);
  detail.setProperties(struct(error.outputs));
  detail.setInputs(struct(error.inputs));
  detail.setReasonsList([error.message]);
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(error.message);
  status.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, message: error.message, metadata };
}
