import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { hoverTooltip } from "@codemirror/view";
import { describe, fieldsAt, type Schema, schemasAt, valuesAt } from "../shared/schema.ts";
import { fieldsIn, placeAt, type Step } from "../shared/yaml-place.ts";

/** Values that are names given elsewhere in the document: where they stand, and where the names are. */
const NAMES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^routes\/[^/]+\/backend$/, ["backends"]],
  [/^routes\/[^/]+\/backends\/\d+\/backend$/, ["backends"]],
  [/^consumers\/[^/]+\/plan$/, ["plans"]],
  [/\/require\/\d+\/jwt$/, ["jwt", "providers"]],
  [/^local\/issuer\/provider$/, ["jwt", "providers"]],
];

const same = (left: readonly Step[], right: readonly Step[]) =>
  left.length === right.length && left.every((step, index) => step === right[index]);

/** Offers the fields and values that the schema, and the names that the document itself, has for the cursor's place. */
export const schemaCompletion =
  (schema: Schema) =>
  (context: CompletionContext): CompletionResult | null => {
    const text = context.state.doc.toString();
    const place = placeAt(text, context.pos);
    if (place === undefined) return null;
    const from = context.pos - place.word.length;
    const fields = fieldsIn(text);
    if (place.typing === "field") {
      if (!context.explicit && place.word === "") return null;
      const present = fields.filter(({ path, at }) => same(path, place.path) && at !== from).map(({ name }) => name);
      const options = fieldsAt(schema, place.path, present).map((offer, index): Completion => {
        const { text: info, facts } = describe(offer.schema);
        return {
          label: offer.name,
          apply: `${offer.name}: `,
          type: "property",
          detail: offer.required ? "required" : (facts[0] ?? ""),
          boost: offer.required ? 50 : -index / 10,
          ...(info === "" ? {} : { info }),
        };
      });
      return options.length === 0 ? null : { from, options, validFor: /^[\w$-]*$/ };
    }
    const way = place.path.join("/");
    const given = NAMES.find(([pattern]) => pattern.test(way))?.[1];
    const names =
      given === undefined ? [] : fields.filter(({ path }) => same(path, given)).map(({ name }) => ({ text: name, description: "" }));
    const options = [...names, ...valuesAt(schema, place.path)].map(
      ({ text: label, description }): Completion => ({ label, type: "enum", ...(description === "" ? {} : { info: description }) }),
    );
    return options.length === 0 ? null : { from, options, validFor: /^[\w".-]*$/ };
  };

/** Says what the field under the pointer means. */
export const schemaHover = (schema: Schema) =>
  hoverTooltip((view, position) => {
    const text = view.state.doc.toString();
    const field = fieldsIn(text).find(({ at, name }) => position >= at && position <= at + name.length);
    if (field === undefined) return null;
    const found = schemasAt(schema, [...field.path, field.name])[0];
    if (found === undefined) return null;
    const { text: meaning, facts } = describe(found);
    if (meaning === "" && facts.length === 0) return null;
    return {
      pos: field.at,
      end: field.at + field.name.length,
      create() {
        const dom = document.createElement("div");
        dom.className = "meaning";
        for (const [tag, content] of [
          ["b", field.name],
          ["p", meaning],
          ["p", facts.join("; ")],
        ] as const) {
          if (content === "") continue;
          const part = document.createElement(tag);
          part.textContent = content;
          dom.append(part);
        }
        return { dom };
      },
    };
  });
