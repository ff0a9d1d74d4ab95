import type { GatewayModel, Method, Route } from "../../../../components/spec/model.ts";

/** Segments of a path in API Gateway's notation. */
const pieces = (path: string): string[] => path.split("/").slice(1);

/** What stands for variables in requests that are tried. */
const SAMPLE = { variable: "a1", rest: "deep" } as const;

/** A request for a path of a definition, and what its variables are then. */
export function sampleOf(path: string): { readonly request: string; readonly values: Readonly<Record<string, string>> } {
  const values: Record<string, string> = {};
  const parts = pieces(path).map((piece) => {
    const name = /^\{([^}+]+)\+?\}$/.exec(piece)?.[1];
    if (name === undefined) return piece;
    values[name] = piece.endsWith("+}") ? SAMPLE.rest : SAMPLE.variable;
    return values[name];
  });
  return { request: `/${parts.join("/")}`, values };
}

/** Whether a route's path is that of a request, and what its parameters and its rest are then. */
function match({ path }: Route, request: string): { readonly parameters: Record<string, string>; readonly rest: string[] } | undefined {
  const parts = pieces(request);
  const { segments } = path;
  const long = segments.length + (path.trailingSlash || segments.length === 0 ? 1 : 0);
  if (path.kind === "prefix" ? parts.length <= segments.length : parts.length !== long) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] as string;
    if ("literal" in segment ? segment.literal !== part : part === "") return undefined;
    if ("parameter" in segment) parameters[segment.parameter] = part;
  }
  return { parameters, rest: parts.slice(segments.length) };
}

/** The routes that share the path which a request belongs to, most specific first as the model has them. */
export function routesAt(model: GatewayModel, request: string): Route[] {
  const here = model.routes.filter((route) => match(route, request) !== undefined);
  return here.filter(({ path }) => path.text === here[0]?.path.text);
}

/** The route of a method among those at a path. */
export const routeOf = (routes: readonly Route[], method: string): Route | undefined =>
  routes.find(({ methods }) => methods.includes(method.toUpperCase() as Method));

/** The address a route's backend is asked at for a request. */
export function backendAddress(model: GatewayModel, route: Route, request: string): string {
  const { parameters, rest } = match(route, request) ?? { parameters: {}, rest: [] };
  const backend = model.backends[route.backends[0]?.name ?? ""];
  const shape = route.rewrite ?? route.path;
  const own = shape.segments.map((segment) => ("literal" in segment ? segment.literal : parameters[segment.parameter]));
  const parts = shape.kind === "prefix" ? [...own, ...rest] : [...own, ...(shape.trailingSlash || own.length === 0 ? [""] : [])];
  const port = backend?.port === 443 ? "" : `:${backend?.port}`;
  return `https://${backend?.host}${port}${backend?.basePath}/${parts.join("/")}`;
}
