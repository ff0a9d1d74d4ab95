import { createHmac } from "node:crypto";
import forge from "node-forge";

/**
 * Runs `work` with salts that follow from the key and the content: the same content gives the same file, so that a deployment without a change
 * changes nothing. Salts need not be secret, only different for different content. node-forge takes them from its process-wide generator, which is
 * put back before anything else runs.
 */
export function seeded<T>(key: string, content: string, work: () => T): T {
  const { getBytes, getBytesSync } = forge.random;
  let block = 0;
  const bytes = (count: number): string => {
    let text = "";
    while (text.length < count) text += createHmac("sha256", key).update(`${block++} ${content}`).digest("binary");
    return text.slice(0, count);
  };
  try {
    forge.random.getBytes = bytes as typeof getBytes;
    forge.random.getBytesSync = bytes;
    return work();
  } finally {
    forge.random.getBytes = getBytes;
    forge.random.getBytesSync = getBytesSync;
  }
}
