import { documentShape } from "../../components/spec/json-schema/document.ts";
import type { GeneratedFile } from "../tasks/generated.ts";
import { NAME_RULE } from "./reference/allowed.ts";
import { sectionsOf, sectionText } from "./reference/sections.ts";

const INTRODUCTION = `# Gateway document reference

<!-- Written by \`npm run generate\` from components/spec/schema; change it there. -->

Every field a gateway document may have. What the fields mean at run time, in which order they are judged, and what a client gets to see is in
[semantics.md](../semantics.md); what each cloud makes of them is in [capabilities.md](../capabilities.md).

A document is YAML 1.2 or JSON. Unknown fields are faults, and so is every contradiction: \`gateway check -f gateways/shop.yaml\` lists all of them at once.

**Units.** A duration is a whole number with \`ms\`, \`s\`, \`m\` or \`h\`: \`500ms\`, \`15s\`. A size is a number of bytes, or a whole number with \`B\`, \`KiB\`, \`MiB\` or
\`GiB\`. An address block is CIDR: \`192.0.2.0/24\`, a single address \`192.0.2.7/32\`.

**Names** of routes, backends, providers, plans and consumers are keys of maps, never positions: a renamed entry is a new one. A name is
${NAME_RULE}.

**Secrets** never stand in a document. \`{ secret: name }\` names a value of the stack's configuration.

**Editors.** Completion, hover text and checks come from the [JSON Schema](../schema/gateway.schema.json). The YAML language server takes it from the first
line of a document:

\`\`\`yaml
# yaml-language-server: $schema=../docs/schema/gateway.schema.json
\`\`\`

and for a stack file from

\`\`\`yaml
# yaml-language-server: $schema=../docs/schema/stack.schema.json
\`\`\`

In a JSON document write \`"$schema": "../docs/schema/gateway.schema.json"\`.
`;

/** docs/reference/document.md, from the schema. */
export function generatedFiles(): GeneratedFile[] {
  const sections = sectionsOf(documentShape());
  const tables = sections.map((section) => sectionText(section, 2));
  return [{ path: "docs/reference/document.md", content: `${[INTRODUCTION, ...tables].join("\n\n").replace(/\n{3,}/g, "\n\n")}\n` }];
}
