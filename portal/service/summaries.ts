import type { CertificateEntry } from "../../automation/certificates.ts";
import type { OperationSummary, StackSummary } from "../service.ts";
import type { Sql } from "../store/database.ts";
import { latestOperations } from "../store/operations.ts";
import { type StackRow, stackRow, stackRows } from "../store/stacks.ts";

const DAY = 86_400_000;
const BUSY = new Set(["waiting", "running", "cancelling"]);

/** Every stack, by name. */
export async function stackSummaries(sql: Sql): Promise<StackSummary[]> {
  const [stacks, operations, digests] = [await stackRows(sql), await latestOperations(sql), await documentDigests(sql)];
  return stacks.map((stack) => summaryOf(stack, operations.get(stack.name), digests.get(stack.name)));
}

/** @throws Refusal `not found` */
export async function stackSummary(sql: Sql, name: string): Promise<StackSummary> {
  const stack = await stackRow(sql, name);
  return summaryOf(stack, (await latestOperations(sql, name)).get(name), (await documentDigests(sql, name)).get(name));
}

async function documentDigests(sql: Sql, stack?: string): Promise<Map<string, string>> {
  const rows = await sql.query<{ stack: string; digest: string }>(
    `SELECT DISTINCT ON (stack) stack, digest FROM portal.document ${stack === undefined ? "" : "WHERE stack = $1"} ORDER BY stack, version DESC`,
    stack === undefined ? [] : [stack],
  );
  return new Map(rows.map((row) => [row.stack, row.digest]));
}

function summaryOf(stack: StackRow, lastOperation: OperationSummary | undefined, digest: string | undefined): StackSummary {
  const { name, cloud, four_eyes, deployed, health } = stack;
  const hostname = deployed?.plan.gateway?.hostname;
  const nextExpiry = firstExpiry(stack.certificates ?? []);
  return {
    name,
    cloud,
    ...(hostname === undefined ? {} : { hostname }),
    ...(digest === undefined ? {} : { digest }),
    ...(deployed === null ? {} : { deployedDigest: deployed.documentDigest }),
    fourEyes: four_eyes,
    health: lastOperation !== undefined && BUSY.has(lastOperation.state) ? "busy" : health,
    ...(lastOperation === undefined ? {} : { lastOperation }),
    ...(nextExpiry === undefined ? {} : { nextExpiry }),
  };
}

/** The certificate that ends first, of all the stack has. */
export function firstExpiry(certificates: readonly CertificateEntry[], now = Date.now()): StackSummary["nextExpiry"] {
  const dated = certificates.filter(({ notAfter }) => notAfter !== "").sort((a, b) => Date.parse(a.notAfter) - Date.parse(b.notAfter));
  const [first] = dated;
  if (first === undefined) return undefined;
  return {
    certificate: first.subject === "" ? first.resource : first.subject,
    notAfter: first.notAfter,
    daysLeft: Math.floor((Date.parse(first.notAfter) - now) / DAY),
  };
}
