/** The calendar period (UTC) a moment lies in: its name, and its end in seconds since 1970. Weeks start on Monday. */
export function calendarPeriod(per: "day" | "week" | "month", at: Date): { readonly name: string; readonly end: number } {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  const sinceMonday = (at.getUTCDay() + 6) % 7;
  const start = per === "month" ? Date.UTC(year, month, 1) : Date.UTC(year, month, per === "week" ? day - sinceMonday : day);
  const end = per === "month" ? Date.UTC(year, month + 1, 1) : start + (per === "week" ? 7 : 1) * 86_400_000;
  return { name: `${per}/${new Date(start).toISOString().slice(0, 10)}`, end: end / 1000 };
}
