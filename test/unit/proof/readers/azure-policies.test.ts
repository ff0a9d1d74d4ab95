import assert from "node:assert/strict";
import type { ApimRequest } from "../../../../proof/readers/azure/policy/context.ts";
import { evaluate, unreadable } from "../../../../proof/readers/azure/policy/csharp.ts";
import { expressionFaults, formatFaults } from "../../../../proof/readers/azure/policy/format.ts";
import type { Happening } from "../../../../proof/readers/azure/policy/happening.ts";
import { parsePolicy } from "../../../../proof/readers/azure/policy/nodes.ts";
import { runPolicies } from "../../../../proof/readers/azure/policy/run.ts";

const policies = (inbound: string, backend = "<forward-request/>", outbound = "", onError = PROBLEM): string =>
  `<policies><inbound>${inbound}</inbound><backend>${backend}</backend><outbound>${outbound}</outbound><on-error>${onError}</on-error></policies>`;

/** Answers with the reason of the failure. */
const PROBLEM =
  '<return-response><set-status code="500" reason="Failed"/><set-body>@(context.LastError.Source + "/" + context.LastError.Reason)</set-body></return-response>';

const HEADER = '<set-header name="x-a" exists-action="override"><value>1</value></set-header>';

const REQUEST: ApimRequest = {
  method: "GET",
  path: "/a",
  host: "api.shop.example.com",
  headers: { "X-A": "from the client" },
  address: "192.0.2.1",
  subscription: undefined,
  certificate: undefined,
};

const run = (xml: string, happening: Happening = {}) =>
  runPolicies({ api: parsePolicy(xml), fragments: {}, signersOf: () => [], authorities: new Set() }, REQUEST, happening);

describe("Format of Azure's policies", () => {
  const faults: Readonly<Record<string, readonly [string, readonly string[]]>> = {
    "an element of the language": [HEADER, []],
    "an unknown element": ["<emit-metric/>", ["<emit-metric> stands in <inbound>", "no reader knows <emit-metric> here"]],
    "an unknown attribute": [HEADER.replace("<set-header", '<set-header if="x"'), ["no reader knows if of <set-header>"]],
    "an attribute that is missing": [HEADER.replace(' exists-action="override"', ""), ["exists-action of <set-header> is undefined"]],
    "a value the language has not": [HEADER.replace("override", "overridden"), ["exists-action of <set-header> is overridden"]],
    "a header that is removed and set": [HEADER.replace("override", "delete"), ['<set-header name="x-a"> has 1 values']],
    "a policy of another section": ["<forward-request/>", ["<forward-request> stands in inbound"]],
    "no elements where some have to be": ["<choose/>", ["<choose> has 0 elements inside"]],
    "text where none belongs": [`${HEADER}text`, ["<inbound> says text"]],
    "a fragment nobody has": ['<include-fragment fragment-id="other"/>', ["other is no fragment of this service"]],
  };
  for (const [what, [inbound, expected]] of Object.entries(faults))
    it(`finds ${expected.length === 0 ? "nothing in" : ""} ${what}`, () =>
      assert.deepEqual(formatFaults(parsePolicy(policies(inbound)), {}, true), expected));

  it("finds variables nobody sets or reads, and expressions that end too soon", () => {
    const set = (name: string, value: string) => `<set-variable name="${name}" value="${value}"/>`;
    const root = parsePolicy(policies(`${set("a", "@(1)x")}${set("b", "@((string)context.Variables[&quot;c&quot;])")}`));
    assert.deepEqual(expressionFaults([root], []), [
      "the expression ends before its text does: @(1)x",
      "nobody reads the variable a",
      "nobody reads the variable b",
      "nobody sets the variable c",
    ]);
  });
});

describe("Expressions of Azure's policies", () => {
  it("are read whole or not at all", () => {
    assert.equal(unreadable('@(1 + 2 == 3 ? ")" : "")'), undefined);
    assert.equal(unreadable("@(1)+(2)"), "the expression ends before its text does: @(1)+(2)");
    assert.match(unreadable("@(1 +)") ?? "", /^Unexpected token/);
    assert.throws(() => evaluate("@(Unheard.Of())", {}), /Unheard is not defined/);
  });
  it("know calendar periods", () =>
    assert.equal(
      evaluate("@{ var d = DateTime.UtcNow.Date; return d.AddDays(7 - (int)(d.Ticks / 864000000000L % 7)).Subtract(d).TotalSeconds; }", {}),
      5 * 86_400,
    ));
});

describe("Run of Azure's policies", () => {
  it("changes requests on the way in and answers on the way out", () => {
    const { status, headers, answer } = run(policies(HEADER, undefined, HEADER.replace(">1<", ">2<")), {
      answer: { "X-A": "of the backend" },
    });
    assert.deepEqual({ status, headers, answer }, { status: undefined, headers: { "x-a": "1" }, answer: { "x-a": "2" } });
  });
  it("ends in on-error where an expression fails, as for a variable nobody set", () => {
    const { status, body } = run(policies('<set-variable name="a" value="@((string)context.Variables[&quot;b&quot;])"/>'));
    assert.deepEqual([status, body], [500, "set-variable/ExpressionValueEvaluationFailure"]);
  });
  it("ends in on-error where a limit is used up or the backend does not answer", () => {
    const limited = policies(
      '<rate-limit-by-key calls="1" renewal-period="1" counter-key="@(&quot;k&quot;)" retry-after-variable-name="r"/>',
    );
    assert.equal(run(limited, { usedUp: 0 }).body, "rate-limit-by-key/RateLimitExceeded");
    assert.equal(run(limited, { backend: ["Timeout"] }).body, "forward-request/Timeout");
    assert.equal(run(limited).status, undefined);
  });
  it("repeats as often as the policy says, with the error of the attempt before", () => {
    const retry = (reason: string) =>
      policies(
        "",
        `<retry condition="@(context.LastError != null &amp;&amp; context.LastError.Reason == &quot;${reason}&quot;)" count="2" interval="1"><forward-request/></retry>`,
      );
    assert.equal(run(retry("Timeout"), { backend: ["Timeout"] }).attempts.length, 3);
    assert.equal(run(retry("Timeout"), { backend: ["Timeout", 200] }).status, undefined);
    assert.equal(run(retry("Other"), { backend: ["Timeout"] }).attempts.length, 1);
  });
  it("answers for itself where on-error answers nothing", () => {
    const { status, body } = run(policies("<ip-filter action='allow'><address>192.0.2.9</address></ip-filter>", undefined, "", HEADER));
    assert.deepEqual([status, body], [403, ""]);
  });
});
