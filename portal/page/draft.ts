import type { Review } from "../../automation/plan/review/review.ts";
import { CLOUDS, type Cloud } from "../../components/backends/contract.ts";
import { digest } from "../../components/digest.ts";
import { loadDocument } from "../../components/spec/load.ts";

/** What a document would make, found without engine or network. Absent with a reason where it cannot be said. */
export type Draft = { readonly review: Review } | { readonly review?: undefined; readonly why: string };

/** Larger texts are planned by the queue only, so that typing in one cannot keep the portal busy. Characters. */
const MOST_TEXT = 100_000;
const MOST_KEPT = 50;

const kept = new Map<string, Promise<Draft>>();

/** The review of a text for a cloud. The caller has made sure that the actor may see it. */
export function draftOf(cloud: string, text: string): Promise<Draft> {
  if (text.length > MOST_TEXT)
    return Promise.resolve({ why: "The document is too large to be drawn while it is edited; its plan draws it." });
  const key = digest(`${cloud}\0${text}`);
  const before = kept.get(key);
  if (before !== undefined) return before;
  const draft = drawn(cloud, text);
  kept.set(key, draft);
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
  draft.catch(() => kept.delete(key));
  return draft;
}

async function drawn(cloud: string, text: string): Promise<Draft> {
  if (!isCloud(cloud)) return { why: `Nobody knows how to plan for ${cloud}.` };
  const { model } = await loadDocument({ file: "gateway.yaml", text, read: noFiles });
  if (model === undefined)
    return { why: "The picture is drawn here when the document has no faults and names no files; a plan draws it in every case." };
  const [{ planGateway, RefusedError }, { reviewOf }] = await Promise.all([
    import("../../automation/plan/plan.ts"),
    import("../../automation/plan/review/review.ts"),
  ]);
  try {
    return { review: reviewOf({ document: "gateway.yaml", model, plan: await planGateway({ cloud, model }) }) };
  } catch (error) {
    if (error instanceof RefusedError) return { why: `${error.message}.` };
    throw error;
  }
}

const noFiles = (): never => {
  throw new Error("no files are read while a document is edited");
};

const isCloud = (cloud: string): cloud is Cloud => (CLOUDS as readonly string[]).includes(cloud);
