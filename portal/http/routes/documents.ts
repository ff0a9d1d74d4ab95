import { z } from "@hono/zod-openapi";
import type { DocumentVersion } from "../../service.ts";
import { Refusal } from "../../service.ts";
import type { Api, ApiParts } from "../api.ts";
import { actorOf, type PortalContext } from "../environment.ts";
import { Problem } from "../problem.ts";
import { problemAnswer, READERS, REQUESTERS, route } from "../route.ts";
import { body, DocumentSchema, DocumentVersionSchema, FaultsSchema, json, PageQuery, pageOf, StackName, TextSchema } from "../schemas.ts";

const ofStack = z.object({ stack: StackName });
const Version = z
  .string()
  .regex(/^[1-9]\d{0,8}$/)
  .transform(Number)
  .openapi({ type: "integer", minimum: 1 });
const IfNoneMatch = z.object({ "if-none-match": z.string().optional().openapi({ description: "The ETag the caller has." }) });
const IfMatch = z.object({
  "if-match": z
    .string()
    .optional()
    .openapi({ param: { required: true }, description: "The ETag of the version that is replaced.", example: '"1"' }),
});

export function documentRoutes(api: Api, { service }: ApiParts): void {
  api.openapi(
    route(READERS, {
      method: "get",
      path: "/stacks/{stack}/document",
      summary: "The document as it would be planned now",
      request: { params: ofStack, headers: IfNoneMatch },
      responses: { 200: json(DocumentSchema, "The document; `ETag` is its version."), 304: { description: "The caller has it already." } },
    }),
    async (c) => {
      const document = await service.document(actorOf(c), c.req.valid("param").stack);
      const tag = etag(document);
      if (c.req.header("if-none-match") === tag) return c.body(null, 304, { etag: tag });
      c.header("etag", tag);
      return c.json(document, 200);
    },
  );

  api.openapi(
    route(REQUESTERS, {
      method: "put",
      path: "/stacks/{stack}/document",
      summary: "Replace the document; a faulty one is kept too, and cannot be planned",
      request: {
        params: ofStack,
        headers: IfMatch,
        body: body(TextSchema),
      },
      responses: {
        200: json(DocumentSchema, "The new version."),
        412: problemAnswer("Somebody saved another version in between."),
        428: problemAnswer("The request does not say which version it replaces."),
      },
    }),
    async (c) => {
      const expected = expectedVersion(c);
      const document = await saved(() => service.saveDocument(actorOf(c), c.req.valid("param").stack, c.req.valid("json").text, expected));
      c.header("etag", etag(document));
      return c.json(document, 200);
    },
  );

  api.openapi(
    route(READERS, {
      method: "get",
      path: "/stacks/{stack}/documents",
      summary: "Versions of the document, newest first",
      request: { params: ofStack, query: PageQuery },
      responses: { 200: json(pageOf(DocumentVersionSchema, "DocumentVersions"), "A page of versions, without their text.") },
    }),
    async (c) => c.json(await service.documents(actorOf(c), c.req.valid("param").stack, c.req.valid("query")), 200),
  );

  api.openapi(
    route(READERS, {
      method: "get",
      path: "/stacks/{stack}/documents/{version}",
      summary: "One version of the document",
      request: { params: z.object({ stack: StackName, version: Version }) },
      responses: { 200: json(DocumentSchema, "The version.") },
    }),
    async (c) => {
      const { stack, version } = c.req.valid("param");
      const document = await service.document(actorOf(c), stack, version);
      c.header("etag", etag(document));
      return c.json(document, 200);
    },
  );

  api.openapi(
    route(READERS, {
      method: "post",
      path: "/stacks/{stack}/check",
      summary: "Faults of a text, for the stack's cloud; nothing is kept",
      request: { params: ofStack, body: body(TextSchema) },
      responses: { 200: json(FaultsSchema, "Its faults; none when it can be planned.") },
    }),
    async (c) => {
      const faults = await service.check(actorOf(c), c.req.valid("param").stack, c.req.valid("json").text);
      return c.json({ faults }, 200);
    },
  );
}

const etag = ({ version }: Pick<DocumentVersion, "version">) => `"${version}"`;

function expectedVersion(c: PortalContext): number {
  const given = c.req.header("if-match");
  if (given === undefined)
    throw new Problem("precondition-required", "The request has no If-Match.", {
      remedy: "send the ETag of the version that you have seen and that is to be replaced",
    });
  const version = /^"([1-9]\d{0,8}|0)"$/.exec(given)?.[1];
  if (version === undefined)
    throw new Problem("precondition-failed", "If-Match is not an ETag of this document.", { remedy: "read the document again" });
  return Number(version);
}

/** A conflict of versions is a precondition that does not hold. */
async function saved(save: () => Promise<DocumentVersion>): Promise<DocumentVersion> {
  try {
    return await save();
  } catch (error) {
    if (error instanceof Refusal && error.code === "conflict")
      throw new Problem("precondition-failed", error.message, { remedy: error.remedy });
    throw error;
  }
}
