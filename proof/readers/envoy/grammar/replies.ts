import { either, type Grammar, is, list, number, object, sequence, text } from "../../grammar.ts";
import { extension, header, message, SET } from "./values.ts";

/** Envoy's own answers: every field known. What an answer becomes is found out by sending it through the rules, `observeReplies`. */

const DETAILS = "response\\.code_details\\.contains\\('[^']+'\\)";
const STATUS = object({
  status_code_filter: object({
    comparison: object({
      op: is("EQ", "GE"),
      // No runtime layer has this key, so that the default holds.
      value: object({ default_value: number(400, 599), runtime_key: is("gateway.status") }),
    }),
  }),
});
const BY_DETAILS = object({
  extension_filter: extension(
    is("envoy.access_loggers.extension_filters.cel"),
    message("extensions.access_loggers.filters.cel.v3.ExpressionFilter", {
      expression: text(new RegExp(`^${DETAILS}( \\|\\| ${DETAILS})*$`)),
    }),
  ),
});
const WITHOUT_ID = is({ header_filter: { header: { name: "x-request-id", present_match: false } } });
const OF_GRPC = is({
  header_filter: { header: { name: "content-type", string_match: { safe_regex: { regex: "application/grpc([+;].*)?" } } } },
});

const CONDITION: Grammar = (value, at, say) => {
  const both = (name: string): Grammar => object({ [name]: object({ filters: list(CONDITION, 2) }) });
  const form =
    value?.and_filter !== undefined
      ? both("and_filter")
      : value?.or_filter !== undefined
        ? both("or_filter")
        : either(STATUS, BY_DETAILS, WITHOUT_ID, OF_GRPC);
  form(value, at, say);
};

const PROBLEM = object({
  json_format: object({
    type: is("about:blank"),
    title: text(/^[A-Z][A-Za-z -]+$/),
    status: is("%RESPONSE_CODE%"),
    requestId: is("%STREAM_ID%", "%RESP(x-request-id)%"),
  }),
  content_type: is("application/problem+json"),
});
const SENTENCE = object({ text_format_source: object({ inline_string: text(/^[A-Z][A-Za-z -]+ \(request %STREAM_ID%\)$/) }) });

/** The rules for the gateway's own answers; the first whose condition holds decides. */
export const repliesOf = (hsts: string): Grammar => {
  const always = header(is("strict-transport-security"), is(hsts), SET);
  const more = either(
    header(
      is("www-authenticate"),
      is("%METADATA(ROUTE:gateway:challenge)%", '%METADATA(ROUTE:gateway:challenge)%, error="invalid_token"'),
      SET,
    ),
    header(is("x-request-id"), is("%UNIQUE_ID%"), is("ADD_IF_ABSENT")),
    header(is("grpc-status"), text(/^(3|4|8|12)$/), SET),
  );
  return object({
    mappers: list(
      object({
        filter: CONDITION,
        status_code: number(400, 599),
        headers_to_add: either(sequence(always), sequence(always, more)),
        body_format_override: either(PROBLEM, SENTENCE),
      }),
    ),
  });
};
