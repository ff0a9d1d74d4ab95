import type { ControlId } from "../../components/backends/controls.ts";
import type { Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import type { Admission } from "../credentials/admission.ts";
import { type Echo, echoOf } from "../echo.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import { describe } from "../wire/answer.ts";
import type { Request } from "../wire/client.ts";

/** What a backend received, and what was sent to get there. */
export interface View {
  readonly route: Route;
  readonly echo: Echo;
  readonly admission: Admission;
}

const NO_ECHO = "does not repeat what it receives (docs/verify.md says how a test backend does)";

/** Calls the route with what it asks for and these changes. @throws SkipProbe when its backend does not repeat what it receives. */
export async function view(context: ProbeContext, route: Route, change: Partial<Request> = {}): Promise<View> {
  const { echo: able } = await context.reach(route);
  if (able === undefined) throw new SkipProbe(`the backend of "${route.name}" ${NO_ECHO}`);
  const { request, admission } = await context.admitted(route, change);
  const answer = await context.send(request, { route, consumer: admission.consumer });
  const echo = echoOf(answer);
  if (echo === undefined) throw new EchoLost(describe(answer));
  return { route, echo, admission };
}

/** The backend repeated a plain request but not this one. */
class EchoLost extends Error {}

export interface ViewProbe {
  readonly id: string;
  readonly control: ControlId;
  readonly title: string;
  readonly attack: boolean;
  readonly change?: Partial<Request>;
  /** Routes it says something about. @default all */
  readonly applies?: (route: Route) => boolean;
  readonly judge: (view: View, context: ProbeContext) => Verdict;
}

/** One probe over every route whose backend repeats what it receives; which these are shows only when it runs. */
export function overEchoRoutes({ applies = () => true, change, judge, ...probe }: ViewProbe): Probe {
  return {
    ...probe,
    id: `backend-view.${probe.id}`,
    run: async (context) => {
      const routes = (await context.echoRoutes()).filter(({ route }) => applies(route));
      if (routes.length === 0)
        throw new SkipProbe(
          `no route of that kind has a backend that repeats what it receives (docs/verify.md says how a test backend does)`,
        );
      const details: string[] = [];
      for (const { route } of routes) {
        const verdict = judgeView(await seen(context, route, change), context, judge);
        if (verdict.result !== "passed") return { ...verdict, detail: `${route.name}: ${verdict.detail}` };
        details.push(`${route.name}: ${verdict.detail}`);
      }
      return passed(details.join("; "));
    },
  };
}

/** The same for one route, where the model says which. */
export function onRoute(route: Route, { change, judge, applies: _, ...probe }: ViewProbe): Probe {
  return {
    ...probe,
    id: `backend-view.${probe.id}@${route.name}`,
    run: async (context) => judgeView(await seen(context, route, change), context, judge),
  };
}

async function seen(context: ProbeContext, route: Route, change: Partial<Request> | undefined): Promise<View | EchoLost> {
  try {
    return await view(context, route, change);
  } catch (error) {
    if (error instanceof EchoLost) return error;
    throw error;
  }
}

function judgeView(seen: View | EchoLost, context: ProbeContext, judge: ViewProbe["judge"]): Verdict {
  return seen instanceof EchoLost ? failed(`expected the backend to answer, got ${seen.message}`) : judge(seen, context);
}
