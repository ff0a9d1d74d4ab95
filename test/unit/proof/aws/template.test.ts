import assert from "node:assert/strict";
import { runTemplate } from "../../../../proof/readers/aws/definition/template.ts";

const TEMPLATE =
  '#set($origin = $input.params().header.get("Origin"))#set($known = false)' +
  '#foreach($one in ["https://a.example", "https://b.example"])#if($one == $origin)#set($known = true)#end#end' +
  "#if($known)#set($context.responseOverride.header.x-origin = $origin)yes#end#if(!$known)no#end";

describe("API Gateway's templates, as the proof runs them", () => {
  it("write text and headers by what the request has", () => {
    assert.deepEqual(runTemplate(TEMPLATE, { Origin: "https://b.example" }), { text: "yes", headers: { "x-origin": "https://b.example" } });
    assert.deepEqual(runTemplate(TEMPLATE, { Origin: "https://c.example" }), { text: "no", headers: {} });
    assert.deepEqual(runTemplate(TEMPLATE, {}), { text: "no", headers: {} });
  });

  it("are refused where they say something this proof does not know", () => {
    assert.throws(() => runTemplate("#set($x = $util.escapeJavaScript('a'))", {}), new Error("template term $util.escapeJavaScript('a')"));
    assert.throws(() => runTemplate("#if(true)a", {}), new Error("a directive without its #end"));
    assert.throws(() => runTemplate("a#end", {}), new Error("#end without a beginning"));
  });
});
