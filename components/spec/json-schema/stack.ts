import { CLOUDS } from "../../backends/contract.ts";
import { documentJsonSchema, type JsonSchema } from "./document.ts";
import { patchOf } from "./patch.ts";

/** The shape of `stacks/Pulumi.<stack>.yaml`: the keys of this project in it; what belongs to Pulumi or to providers is left to them. */
export function stackJsonSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Stack of a gateway",
    description: "Where one gateway runs, which document it is made from, and what differs there.",
    type: "object",
    required: ["config"],
    properties: {
      config: {
        type: "object",
        description: "The stack's configuration.",
        required: ["secure-gateway:cloud", "secure-gateway:document"],
        properties: {
          "secure-gateway:cloud": { type: "string", enum: CLOUDS, description: "Where the gateway runs." },
          "secure-gateway:document": {
            type: "string",
            minLength: 1,
            description: "Path of the gateway document, relative to the project.",
            examples: ["gateways/shop.yaml"],
          },
          "secure-gateway:overlay": {
            ...patchOf(documentJsonSchema()),
            title: "Overlay",
            description:
              "Fields of the document that differ in this stack (RFC 7396): maps are merged, lists are replaced, null removes a field.",
          },
        },
        patternProperties: {
          "^secure-gateway:(?!(?:cloud|document|overlay)$)": {
            type: "object",
            description:
              "A secret the document names with { secret: <name> }, set with `pulumi config set --secret secure-gateway:<name>`.",
            properties: { secure: { type: "string", description: "The encrypted value." } },
            required: ["secure"],
            additionalProperties: false,
            errorMessage: "an encrypted value: set it with pulumi config set --secret",
          },
        },
      },
    },
  };
}
