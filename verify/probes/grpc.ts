import type { ControlId } from "../../components/backends/controls.ts";
import type { GatewayModel, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { type Admission, NOTHING } from "../credentials/admission.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import { describeGrpc, GRPC, sendGrpc } from "../reach-grpc.ts";
import { controlOf } from "./routes.ts";

/** gRPC: what is refused is refused in gRPC's own words, so that clients understand it. */
export function grpcProbes(model: GatewayModel): Probe[] {
  const routes = model.routes.filter((route) => route.grpc);
  if (routes.length === 0) return [];
  return [
    ...routes.flatMap(refusals),
    {
      id: "grpc.unknown-service",
      control: "route.grpc",
      title: "A service nobody declared is not found",
      attack: true,
      run: async (context) => refused(context, "/gateway.verify.Unknown/Call", undefined, [GRPC.unimplemented]),
    },
    ...routes.flatMap((route): Probe[] =>
      route.grpc?.method === undefined
        ? []
        : [
            {
              id: `grpc.other-method@${route.name}`,
              control: "route.grpc",
              title: `Another method of ${route.grpc.service} than ${route.grpc.method} is not found`,
              attack: true,
              run: async (context) => {
                const path = `/${route.grpc?.service}/GatewayVerify`;
                if (model.routes.some((other) => other.grpc?.service === route.grpc?.service && other.grpc?.method === undefined))
                  throw new SkipProbe("another route takes every method of the service");
                return refused(context, path, await admission(context, route), [GRPC.unimplemented]);
              },
            },
          ],
    ),
  ];
}

function refusals(route: Route): Probe[] {
  if (route.requirement.kind === "public") return [];
  const [first] = route.requirement.alternatives;
  const probe = (id: string, control: ControlId, title: string, run: Probe["run"]): Probe => ({
    id: `grpc.${id}@${route.name}`,
    control,
    title,
    attack: true,
    run,
  });
  const scoped = first?.jwt && first.jwt.scopes.length > 0;
  return [
    probe("nothing", controlOf(route.requirement.alternatives), "A call without credentials is answered UNAUTHENTICATED", (context) =>
      refused(context, context.pathOf(route), { headers: [], via: {}, consumer: undefined }, [GRPC.unauthenticated]),
    ),
    ...(first?.jwt
      ? [
          probe("wrong-token", "require.jwt", "A call with a wrong token is answered UNAUTHENTICATED", (context) =>
            refused(
              context,
              context.pathOf(route),
              { headers: [["authorization", "Bearer gateway.verify.wrong"]], via: {}, consumer: undefined },
              [GRPC.unauthenticated],
            ),
          ),
        ]
      : []),
    ...(first && scoped
      ? [
          probe("scope", "require.jwt.scopes", "A call whose token lacks the scope is answered PERMISSION_DENIED", async (context) => {
            const missing = context.credentials.missing(first);
            if (missing !== undefined) throw new SkipProbe(missing);
            const token = await context.credentials.token(route, first, { scope: "openid" });
            const made = await context.credentials.admit(route, first, { authorization: `Bearer ${token}` });
            return refused(context, context.pathOf(route), made, [GRPC.permissionDenied]);
          }),
        ]
      : []),
  ];
}

const admission = (context: ProbeContext, route: Route): Promise<Admission> =>
  route.requirement.kind === "public"
    ? context.credentials.admit(route, NOTHING)
    : context.credentials.admit(route, context.alternativeOf(route));

async function refused(context: ProbeContext, path: string, given: Admission | undefined, expected: readonly number[]): Promise<Verdict> {
  const answer = await sendGrpc(context, path, given);
  if (answer.grpcStatus !== undefined && expected.includes(answer.grpcStatus)) return passed(describeGrpc(answer));
  const refusal = answer.grpcStatus !== 0 && (answer.grpcStatus !== undefined || answer.httpStatus >= 400);
  // A gateway that refuses in HTTP's words is understood by gRPC clients too, if less well.
  return refusal && !context.settings.exact
    ? passed(`${describeGrpc(answer)} instead of gRPC status ${expected.join(" or ")}, which weakens nothing`)
    : failed(`expected gRPC status ${expected.join(" or ")}, got ${describeGrpc(answer)}`);
}
