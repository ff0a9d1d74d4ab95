import type { GatewayModel } from "../../../components/spec/model.ts";
import { admits, admitted, edgesOf } from "../../addresses.ts";
import { type ProbeRequest, probesOf } from "../../requests.ts";
import type { Observations } from "../../verdicts.ts";
import { problemOf } from "./expected.ts";
import type { Run } from "./policy/happening.ts";
import type { RunProbe } from "./requests.ts";

const AMBIGUOUS = ["/a%2fb", "/a%5cb", "/a%00b", "/a/../b", "/a/./b", "/a//b", "/a\\b", "/a%2e%2e/b", "/a..;/b", "/a%252fb", "/a%zz"];

/** A request with nothing wrong about it but that no route is asked for. */
export function welcomeRequest(model: GatewayModel): ProbeRequest {
  const certificate = probesOf(model).find(({ request }) => request.certificate !== undefined)?.request.certificate;
  const address = admitted(model.access) ?? "192.0.2.200";
  return { method: "GET", path: "/", token: undefined, consumer: undefined, certificate, address };
}

/** An answer of the gateway's own, compared with the problem it has to be, word by word. */
export function observeProblem(
  model: GatewayModel,
  found: Run,
  at: string,
  o: Observations,
  about: Parameters<typeof problemOf>[2] = {},
): void {
  const wanted = problemOf(model, found.status ?? 0, about);
  o.sameSet("errors.problem", at, Object.entries(wanted.headers), Object.entries(found.headers));
  o.same("errors.problem", at, [wanted.reason, wanted.body], [found.reason, found.body]);
}

/** What is refused before any route is looked at. */
export function observeShape(run: RunProbe, model: GatewayModel, o: Observations): void {
  const base = welcomeRequest(model);
  observeAddresses(run, model, base, o);
  if (!admits(model.access, base.address)) return;
  for (const path of AMBIGUOUS) {
    const { status } = run({ ...base, path });
    o.holds("request.path", "routes", `${path} is refused`, status === 400 || status === 404);
  }
  o.same("request.path", "routes", 400, run({ ...base, path: "/a%2fb" }).status);
  for (const host of ["evil.example", "shop.azure-api.net"])
    o.same("host.only", "hostname", 421, run(base, model.edge === "cdn" ? { headers: { "X-Forwarded-Host": host } } : { host }).status);
  if (model.edge === "cdn") o.same("host.only", "hostname", 421, run(base, { host: "shop.example.net" }).status);
  const { urlBytes, headerBytes } = model.limits;
  o.same("request.size", "limits.url", 414, run({ ...base, path: `/${"u".repeat(urlBytes)}` }).status);
  o.same("request.size", "limits.url", 414, run({ ...base, path: "/u" }, { query: `?${"q".repeat(urlBytes)}` }).status);
  o.same("request.size", "limits.headers", 431, run(base, { headers: { "x-large": "h".repeat(headerBytes + 1) } }).status);
  o.same("request.headers", "headers", 400, run(base, { headers: { a_b: "x" } }).status);
  o.same("request.framing", "routes", 400, run(base, { headers: { "Transfer-Encoding": "chunked", "Content-Length": "3" } }).status);
  o.same("request.framing", "routes", 400, run(base, { headers: { "Content-Length": "3,4" } }).status);
  observeProblem(model, run({ ...base, path: "/a%2fb" }), "shape", o);
  observePlainHttp(run, model, base, o);
  if (model.azure.selfHostedGateway !== undefined) {
    const cloud = run(base, { gatewayId: "managed" });
    o.same("backend.onPremises", "azure.selfHostedGateway", 421, cloud.status);
    observeProblem(model, cloud, "azure.selfHostedGateway", o);
  }
  if (model.edge === "cdn") observeEdge(run, model, base, o);
}

/** The gateway's own lists, at the edges of every block. */
function observeAddresses(run: RunProbe, model: GatewayModel, base: ProbeRequest, o: Observations): void {
  const { allowCidrs, denyCidrs } = model.access;
  for (const [control, blocks] of [["access.deny", denyCidrs] as const, ["access.allow", allowCidrs] as const])
    for (const address of blocks.flatMap(edgesOf)) {
      const wanted = admits(model.access, address) ? "past the lists" : 403;
      const { status } = run({ ...base, address });
      o.same(
        control,
        control === "access.deny" ? "access.denyCidrs" : "access.allowCidrs",
        wanted,
        status === 403 ? 403 : "past the lists",
      );
    }
  if (allowCidrs.length > 0)
    for (const address of ["8.8.4.4", "2001:db8:ffff::1"].filter((one) => !admits(model.access, one)))
      o.same("access.allow", "access.allowCidrs", 403, run({ ...base, address }).status);
  o.same("request.headers", "access", 403, run({ ...base, address: "nowhere" }).status);
}

function observePlainHttp(run: RunProbe, model: GatewayModel, base: ProbeRequest, o: Observations): void {
  const plain = run(base, { scheme: "http", query: "?a=b" });
  if (model.http === "redirect" && model.edge === "none") {
    o.same("http.redirect", "http", [308, "Permanent Redirect"], [plain.status, plain.reason]);
    o.sameSet(
      "http.redirect",
      "http",
      [
        ["location", `https://${model.hostname}/?a=b`],
        ["cache-control", "no-store"],
      ],
      Object.entries(plain.headers),
    );
    o.same("http.redirect", "http", 421, run(base, { scheme: "http", host: "evil.example" }).status);
  } else o.holds("http.refuse", "http", "plain HTTP is never served", plain.status !== undefined && plain.status >= 300);
  if (model.http === "redirect")
    for (const name of ["Authorization", "Cookie", ...(model.apiKeys ? [model.apiKeys.header] : [])])
      o.holds(
        "http.redirect",
        "http",
        `${name} sent in the open is refused`,
        run(base, { scheme: "http", headers: { [name]: "x" } }).status === 403 || model.edge === "cdn",
      );
}

/** Only requests that came through this stack's Front Door count. */
function observeEdge(run: RunProbe, model: GatewayModel, base: ProbeRequest, o: Observations): void {
  const passing = run(base);
  o.holds("edge", "edge", "requests of Front Door are heard", passing.status !== 403);
  for (const [what, found] of Object.entries({
    "past Front Door": run(base, { bare: true }),
    "another Front Door": run(base, { headers: { "X-Azure-FDID": "another" } }),
    "without the stack's secret": run(base, { headers: { "x-gateway-origin": "another" } }),
  })) {
    o.same("edge", what, 403, found.status);
    observeProblem(model, found, what, o);
  }
}
