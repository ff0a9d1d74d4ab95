export type Period = "day" | "week" | "month";

/** The calendar period (UTC; weeks start on Monday) that holds a moment. Times in milliseconds since 1970. */
export function periodAt(per: Period, now: number): { readonly start: number; readonly end: number } {
  const date = new Date(now);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (per === "month") return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
  const first = per === "day" ? day : day - ((date.getUTCDay() + 6) % 7);
  return { start: Date.UTC(year, month, first), end: Date.UTC(year, month, first + (per === "day" ? 1 : 7)) };
}
