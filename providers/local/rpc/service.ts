import { type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import structs, { type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { provider, type Wire } from "../provider.ts";
import { type Difference, type Operation, ResourceError } from "../resources/kind.ts";
import type { EngineLog } from "./engine-log.ts";

/**
 * The provider as the engine calls it over gRPC. `@pulumi/pulumi/provider` has a server of its own, but it prints stack traces at every error and
 * passes on neither timeouts, previews, old inputs nor which properties a difference concerns.
 */
export function service(log: EngineLog): { handlers: IResourceProviderServer; abandon: (why: string) => Promise<void> } {
  const cancelled = new AbortController();
  const running = new Set<Promise<unknown>>();

  const operation = (urn: string, seconds: number): Operation => ({
    urn,
    signal: seconds > 0 ? AbortSignal.any([cancelled.signal, timeout(seconds)]) : cancelled.signal,
    log: (severity, message) => log.write(severity, message, urn),
  });

  /** Wraps a call so that every error reaches the engine as one sentence. */
  const answer =
    <Request, Response>(work: (request: Request) => Promise<Response>) =>
    (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => {
      const done = work(call.request);
      const settled = done.then(
        () => {},
        () => {},
      );
      running.add(settled);
      void settled.then(() => running.delete(settled));
      done.then(
        (response) => callback(null, response),
        (error: unknown) => {
          if (!(error instanceof ResourceError)) log.write("debug", (error as Error)?.stack ?? String(error));
          callback({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
        },
      );
    };

  // The engine asks only for what a provider of its generation has to answer; for the rest gRPC says "unimplemented".
  const handlers: Partial<IResourceProviderServer> = {
    configure: answer(async () => {
      const response = new messages.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),
    checkConfig: answer(async (request) => {
      const response = new messages.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: answer(async () => {
      const response = new messages.DiffResponse();
      response.setChanges(messages.DiffResponse.DiffChanges.DIFF_NONE);
      return response;
    }),
    getPluginInfo: answer(async () => {
      const response = new pluginMessages.PluginInfo();
      response.setVersion(VERSION);
      return response;
    }),
    getSchema: answer(async () => {
      const { packageSchema } = await import("../resources/schema.ts");
      const response = new messages.GetSchemaResponse();
      response.setSchema(JSON.stringify(await packageSchema(VERSION)));
      return response;
    }),
    attach: answer(async (request) => {
      log.connect(request.getAddress());
      return new empty.Empty();
    }),
    cancel: answer(async () => {
      cancelled.abort(new ResourceError("Cancelled; run the same command again, it goes on from what is there"));
      return new empty.Empty();
    }),

    check: answer(async (request) => {
      const { inputs, failures } = await provider.check(request.getUrn(), wire(request.getOlds()), wire(request.getNews()));
      const response = new messages.CheckResponse();
      response.setInputs(struct(inputs));
      response.setFailuresList(
        failures.map(({ property, reason }) => {
          const failure = new messages.CheckFailure();
          failure.setProperty(property);
          failure.setReason(reason);
          return failure;
        }),
      );
      return response;
    }),
    diff: answer(async (request) => {
      const before = { inputs: optionalWire(request.getOldInputs()), state: wire(request.getOlds()) };
      return difference(
        await provider.diff(request.getId(), before, wire(request.getNews()), operation(request.getUrn(), 0)),
        before.inputs,
      );
    }),
    create: answer(async (request) => {
      const { id, state } = await provider.create(
        wire(request.getProperties()),
        operation(request.getUrn(), request.getTimeout()),
        request.getPreview(),
      );
      const response = new messages.CreateResponse();
      response.setId(id);
      response.setProperties(struct(state));
      return response;
    }),
    read: answer(async (request) => {
      const before = { inputs: optionalWire(request.getInputs()), state: wire(request.getProperties()) };
      const found = await provider.read(request.getId(), before, operation(request.getUrn(), request.getTimeout()));
      const response = new messages.ReadResponse();
      if (found === undefined) return response;
      response.setId(found.id);
      response.setInputs(struct(found.inputs));
      response.setProperties(struct(found.state));
      return response;
    }),
    update: answer(async (request) => {
      const before = { inputs: optionalWire(request.getOldInputs()), state: wire(request.getOlds()) };
      const state = await provider.update(
        request.getId(),
        before,
        wire(request.getNews()),
        operation(request.getUrn(), request.getTimeout()),
        request.getPreview(),
      );
      const response = new messages.UpdateResponse();
      response.setProperties(struct(state));
      return response;
    }),
    delete: answer(async (request) => {
      const before = { inputs: optionalWire(request.getOldInputs()), state: wire(request.getProperties()) };
      await provider.delete(request.getId(), before, operation(request.getUrn(), request.getTimeout()));
      return new empty.Empty();
    }),
  };
  return {
    handlers: handlers as IResourceProviderServer,
    /** Cancels what runs and waits until it has stopped. */
    abandon: async (why) => {
      cancelled.abort(new ResourceError(why));
      await Promise.all(running);
    },
  };
}

const VERSION = "0.1.0";

const wire = (properties: structs.Struct | undefined): Wire => properties?.toJavaScript() ?? {};
const struct = (properties: Wire): structs.Struct => structs.Struct.fromJavaScript(properties as Record<string, JavaScriptValue>);

/** Old inputs; undefined when the engine has none, as for a state written before it kept them. */
function optionalWire(properties: structs.Struct | undefined): Wire | undefined {
  const values = wire(properties);
  return Object.keys(values).length > 0 ? values : undefined;
}

function timeout(seconds: number): AbortSignal {
  const over = new AbortController();
  const message = `Not done within the ${seconds} s that the resource's customTimeouts give it`;
  setTimeout(() => over.abort(new ResourceError(message)), seconds * 1000).unref();
  return over.signal;
}

function difference({ changes, deleteBeforeReplace }: Difference, oldInputs: Wire | undefined) {
  const { PropertyDiff, DiffResponse } = messages;
  const response = new DiffResponse();
  const entries = Object.entries(changes);
  response.setChanges(entries.length > 0 ? DiffResponse.DiffChanges.DIFF_SOME : DiffResponse.DiffChanges.DIFF_NONE);
  response.setHasdetaileddiff(true);
  response.setDeletebeforereplace(deleteBeforeReplace ?? false);
  response.setReplacesList(entries.filter(([, change]) => change === "replace").map(([property]) => property));
  response.setDiffsList(entries.map(([property]) => property));
  for (const [property, change] of entries) {
    const detail = new PropertyDiff();
    const added = change !== "output" && oldInputs !== undefined && !((property.split(/[.[]/)[0] as string) in oldInputs);
    if (change === "replace") detail.setKind(PropertyDiff.Kind.UPDATE_REPLACE);
    else detail.setKind(added ? PropertyDiff.Kind.ADD : PropertyDiff.Kind.UPDATE);
    detail.setInputdiff(change !== "output");
    response.getDetaileddiffMap().set(property, detail);
  }
  return response;
}
