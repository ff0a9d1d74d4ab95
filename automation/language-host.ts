import { AsyncLocalStorage } from "node:async_hooks";
import { InterceptingCall, type Interceptor, status } from "@grpc/grpc-js";
import * as server from "@pulumi/pulumi/automation/server.js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";

/** One run of a program for the engine. */
interface ProgramRun {
  /** The program has ended well: only then is the engine told that it may delete what was not asked for. */
  completed: boolean;
  /** What the last call said that never reached the engine. */
  lost?: string;
}

type Answer = (error: unknown, response: unknown) => void;
type RunProgram = (this: unknown, call: unknown, answer: Answer) => unknown;

// The SDK's type declarations leave both out; they are the same objects the Automation API uses.
const { LanguageServer } = server as unknown as { LanguageServer: { readonly prototype: { run: RunProgram } } };
const { grpcClientOptions } = settings as unknown as { grpcClientOptions: { interceptors: Interceptor[]; [option: string]: unknown } };

const runs = new AsyncLocalStorage<ProgramRun>();
let guarded = false;

/**
 * Makes the Automation API tell the engine when a program did not run to its end. By itself it leaves out every UNAVAILABLE and CANCELLED of the
 * connections to the engine, so that a program whose first call is lost passes for one that asks for no resource, and the engine deletes the stack's.
 * Also gives each connection its own attempts: engines get free ports of the system, and a new one with the port of an old one would otherwise
 * count as not reachable for as long as the old one was not.
 */
export function guardLanguageHost(): void {
  if (guarded) return;
  guarded = true;
  grpcClientOptions["grpc.use_local_subchannel_pool"] = 1;
  grpcClientOptions.interceptors.push(watchCalls);
  const runProgram = LanguageServer.prototype.run;
  LanguageServer.prototype.run = function (call, answer) {
    const run: ProgramRun = { completed: false };
    let answered = false;
    // The API answers a second time, without the error, where it answered with one.
    const once: Answer = (error, response) => {
      if (answered) return;
      answered = true;
      answer(error ?? failureOf(run), response);
    };
    return runs.run(run, () => runProgram.call(this, call, once));
  };
}

function failureOf({ completed, lost }: ProgramRun): Error | null {
  if (completed) return null;
  return new Error(`the program did not run to its end${lost === undefined ? "" : `; a call to the engine was lost: ${lost}`}`);
}

const watchCalls: Interceptor = (options, next) => {
  const run = runs.getStore();
  if (run === undefined) return new InterceptingCall(next(options));
  if (options.method_definition.path.endsWith("/SignalAndWaitForShutdown")) run.completed = true;
  return new InterceptingCall(next(options), {
    start: (metadata, _listener, start) =>
      start(metadata, {
        onReceiveStatus: (ended, pass) => {
          if (ended.code === status.UNAVAILABLE || ended.code === status.CANCELLED) run.lost = ended.details;
          pass(ended);
        },
      }),
  });
};
