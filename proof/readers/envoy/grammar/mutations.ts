import type { HeaderRules } from "../../../../components/spec/model.ts";
import { either, type Grammar, is, list, object, text } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import { extension, message } from "./values.ts";

const append = (key: string, value: string, append_action: string): Json => ({ append: { header: { key, value }, append_action } });

/** Single changes of a message's headers, as the header mutation filter spells them. */
export const mutation = {
  remove: (name: string): Json => ({ remove: name }),
  removeAll: (prefix: string): Json => ({ remove_on_match: { key_matcher: { prefix } } }),
  /** Instead of whatever values there are. */
  set: (key: string, value: string): Json => append(key, value, "OVERWRITE_IF_EXISTS_OR_ADD"),
  /** Beside the values there are. */
  add: (key: string, value: string): Json => append(key, value, "APPEND_IF_EXISTS_OR_ADD"),
} as const;

/** A value that holds no variable: a percent sign starts one in Envoy's formats, two are the sign itself. */
const literal = (value: string): string => value.replaceAll("%", "%%");

/** The document's rules for one direction. */
export const ruleMutations = ({ remove, set, add }: HeaderRules): Json[] => [
  ...remove.map(mutation.remove),
  ...Object.entries(set).map(([name, value]) => mutation.set(name, literal(value))),
  ...Object.entries(add).map(([name, value]) => mutation.add(name, literal(value))),
];

/** Removals before anything looks at a request; that none is missing is read by `observeHeaders`. */
export const EARLY_REMOVALS: Grammar = list(
  extension(
    is("envoy.http.early_header_mutation.header_mutation"),
    message("extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation", {
      mutations: list(
        either(
          object({ remove: text(/^[a-z0-9-]+$/) }),
          object({ remove_on_match: object({ key_matcher: object({ prefix: is("x-gateway-", "x-envoy-", "x-endpoint-") }) }) }),
        ),
      ),
    }),
  ),
  1,
  1,
);
