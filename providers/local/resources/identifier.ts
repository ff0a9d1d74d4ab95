import { randomBytes } from "node:crypto";

/** An id for a resource that exists only in the stack's state. @param kind such as `ca` */
export const newId = (kind: string): string => `${kind}-${randomBytes(8).toString("hex")}`;
