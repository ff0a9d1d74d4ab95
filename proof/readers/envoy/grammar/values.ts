import type { GatewayModel } from "../../../../components/spec/model.ts";
import { elements, type Grammar, is, list, object, text } from "../../grammar.ts";

/** Which gateway a configuration serves: the document, and where Envoy gets its files. */
export interface Setting {
  readonly model: GatewayModel;
  /** In front of everything, or behind a load balancer that ends the clients' connections. */
  readonly door: "first" | "behind";
  /** Where a secret's file is. */
  readonly secret: (name: string) => string;
}

const typeName = (name: string) => (name.startsWith("xds.") ? name : `envoy.${name}`);

/** A message by its type; the type is part of it. */
export const message = (type: string, fields: Readonly<Record<string, Grammar>> = {}): Grammar =>
  object({ "@type": is(`type.googleapis.com/${typeName(type)}`), ...fields });

/**
 * A message of one of several types. Envoy finds an extension by the type of its message, so that no other type than these does the same.
 */
export const oneMessage =
  (messages: Readonly<Record<string, Readonly<Record<string, Grammar>>>>): Grammar =>
  (value, at, say) => {
    const type = String(value?.["@type"])
      .replace("type.googleapis.com/", "")
      .replace(/^envoy\./, "");
    const fields = messages[type];
    if (fields === undefined) say(`${at}.@type`, `one of ${Object.keys(messages).join(", ")}, not ${type}`);
    else message(type, fields)(value, at, say);
  };

/** An extension: a name that must be there, and a message. */
export const extension = (name: Grammar, config: Grammar): Grammar => object({ name, typed_config: config });

/** A file Envoy watches. */
export const watched = (path: string): Grammar =>
  object({ path_config_source: object({ path: is(path) }), resource_api_version: is("V3") });

/** A secret by its name, from the file of that name. */
export const secretOf = ({ secret }: Setting, name: string, path = secret(name)): Grammar =>
  object({ name: is(name), sds_config: watched(path) });

/** A name for people and metrics. */
export const NAME = text(/^[\w .:*-]+$/);

/** A whole text as a regular expression: RE2, which takes linear time. */
export const regex: Grammar = object({ regex: text() });

/** The same in the unified matching API, where the engine has to be named (xds.type.matcher.v3.RegexMatcher). */
export const namedRegex: Grammar = object({ google_re2: is({}), regex: text() });

/** A header and how it gets on the message. */
export const header = (key: Grammar, value: Grammar, action: Grammar): Grammar =>
  object({ header: object({ key, value }), append_action: action });

export const SET = is("OVERWRITE_IF_EXISTS_OR_ADD");
export const ADD = is("APPEND_IF_EXISTS_OR_ADD");

/** A list of these texts in any order. */
export const texts = (...values: readonly string[]): Grammar => elements(...values);

/** Steps into metadata, by key. */
export const steps =
  (...keys: readonly Grammar[]): Grammar =>
  (value, at, say) => {
    list(object({ key: text() }), 1)(value, at, say);
    keys.forEach((key, index) => {
      key(value?.[index]?.key, `${at}[${index}].key`, say);
    });
  };
