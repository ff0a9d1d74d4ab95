import type { StoredEvent } from "../../service.ts";
import { isFinal, NO_PROGRESS, type Progress, progressLineOf, withEvent } from "../shared/progress.ts";
import { progressView } from "../shared/progress-view.ts";

const KINDS = ["note", "resource", "message", "policy", "summary", "state", "verify"] as const;

const place = document.getElementById("progress");
const { events } = place?.dataset ?? {};
if (place !== null && events !== undefined) follow(place, events);

/** Follows an operation to its end. The browser reconnects by itself and says which event it saw last, so that none is missed and none comes twice. */
function follow(place: HTMLElement, url: string): void {
  // From the first event: what the server wrote into the page is for those without scripts.
  let progress: Progress = NO_PROGRESS;
  let said = "";
  let drawn = 0;
  const source = new EventSource(url);
  const draw = () => {
    drawn = 0;
    place.innerHTML = progressView(progress, Date.now()).text;
    const line = progressLineOf(progress);
    const status = document.getElementById("said");
    if (status !== null && line !== said) status.textContent = line;
    said = line;
  };
  const clock = setInterval(() => progress.sequence > 0 && draw(), 1000);
  for (const kind of KINDS)
    source.addEventListener(kind, (message) => {
      progress = withEvent(progress, JSON.parse((message as MessageEvent<string>).data) as StoredEvent);
      if (drawn === 0) drawn = requestAnimationFrame(draw);
      if (!isFinal(progress.state)) return;
      source.close();
      clearInterval(clock);
      // The page of an operation that has ended says what comes next.
      setTimeout(() => location.reload(), 300);
    });
  // Without an event there is nothing to go on with: it ended in between, or the session did.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 1000);
  });
}
