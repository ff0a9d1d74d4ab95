import type { Hop, Picture, Station } from "../review/hops.ts";
import { html, type Markup } from "./markup.ts";

const GAP = 190;
const SHORT_GAP = 56;
const WIDTH = { client: 92, edge: 150, gateway: 170, bridge: 150, backend: 330 } as const;
const ROW = 104;
const LINE = 15;

/** The way of a request as a picture: stations from left to right, what protects each hop written on it. */
export function pictureSvg({ stations, hops }: Picture): Markup {
  const front = stations.filter(({ kind }) => kind !== "backend");
  const backends = stations.filter(({ kind }) => kind === "backend");
  const height = Math.max(backends.length * ROW, 150);
  const middle = height / 2;
  const places = new Map<string, { x: number; width: number }>();
  let x = 4;
  for (const station of front) {
    places.set(station.id, { x, width: WIDTH[station.kind] });
    const labelled = hops.some((hop) => hop.from === station.id && !isBackend(hop, backends));
    x += WIDTH[station.kind] + (labelled ? GAP : SHORT_GAP);
  }
  const total = x + WIDTH.backend + 4;
  const end = (id: string) => (places.get(id)?.x ?? 0) + (places.get(id)?.width ?? 0);
  const direct = backends.some(({ id }) => hops.find(({ to }) => to === id)?.from === "gateway");
  const bridge = places.get("bridge");
  return html`<svg viewBox="0 0 ${total} ${height}" width="${total}" role="img" aria-label="The way of a request from the client to the backends">
${front.map((station) => stationBox(station, places.get(station.id)?.x ?? 0, middle - 34, 68))}
${hops.filter((hop) => !isBackend(hop, backends)).map((hop) => frontHop(hop, end(hop.from), places.get(hop.to)?.x ?? 0, middle))}
${bridge ? arrow(end("gateway"), middle, bridge.x, middle, false) : ""}
${backends.map((station, index) => {
  const hop = hops.find(({ to }) => to === station.id);
  const y = index * ROW + (height - backends.length * ROW) / 2;
  const around = hop?.from === "gateway" && bridge !== undefined && direct;
  const start = hop === undefined ? x : end(hop.from);
  const line = around
    ? html`<path class="${hop.weak ? "weak" : "hop"}" d="M ${start} ${middle + 26} L ${start + 16} ${y + ROW / 2 + (y + ROW / 2 < middle ? -52 : 52)} L ${x - 24} ${y + ROW / 2} L ${x - 8} ${y + ROW / 2}"/>`
    : "";
  return [
    line,
    around ? head(x, y + ROW / 2, hop?.weak ?? false) : arrow(start, middle, x, y + ROW / 2, hop?.weak ?? false),
    backendBox(station, hop, x, y + 6),
  ];
})}
</svg>`;
}

const isBackend = (hop: Hop, backends: readonly Station[]) => backends.some(({ id }) => id === hop.to);

function stationBox({ kind, title, detail }: Station, x: number, y: number, height: number): Markup {
  const width = WIDTH[kind];
  return html`<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="9"/><text class="title" x="${x + 10}" y="${y + 27}">${clip(title, width - 18, 8)}</text>
${wrap(detail, width - 18, 2).map((line, index) => html`<text class="soft" x="${x + 10}" y="${y + 45 + index * LINE}">${line}</text>`)}`;
}

function frontHop({ protocol, server, client, weak }: Hop, from: number, to: number, y: number): Markup {
  const room = to - from - 22;
  const above = wrap(protocol, room, 3);
  const below = [...wrap(`server: ${server}`, room, 2), ...wrap(`client: ${client}`, room, 3)];
  return html`${arrow(from, y, to, y, weak)}
${above.map((line, index) => html`<text x="${from + 8}" y="${y - 10 - (above.length - 1 - index) * LINE}">${line}</text>`)}
${below.map((line, index) => html`<text class="soft" x="${from + 8}" y="${y + 19 + index * LINE}">${line}</text>`)}`;
}

function backendBox({ title, detail }: Station, hop: Hop | undefined, x: number, y: number): Markup {
  const room = WIDTH.backend - 20;
  const server = wrap(`server: ${hop?.server ?? ""}`, room, 2);
  const lines = [clip(detail, room, 6.3), ...server, clip(`client: ${hop?.client ?? ""}; ${hop?.protocol ?? ""}`, room, 6.3)];
  return html`<rect class="backend" x="${x}" y="${y}" width="${WIDTH.backend}" height="${ROW - 12}" rx="9"/><text class="title" x="${x + 10}" y="${y + 20}">${clip(title, room, 8)}</text>
${lines.map((line, index) => html`<text class="${hop?.weak && server.includes(line) ? "weak" : "soft"}" x="${x + 10}" y="${y + 37 + index * LINE}">${line}</text>`)}`;
}

const arrow = (x1: number, y1: number, x2: number, y2: number, weak: boolean): Markup =>
  html`<path class="${weak ? "weak" : "hop"}" d="M ${x1} ${y1} ${y1 === y2 ? "" : `C ${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2}`} ${y1 === y2 ? "L" : ""} ${x2 - 8} ${y2}"/>${head(x2, y2, weak)}`;

const head = (x: number, y: number, weak: boolean): Markup =>
  html`<path class="${weak ? "headweak" : "head"}" d="M ${x} ${y} l -9 -5 v 10 z"/>`;

/** Lines no wider than `room`, at most `most` of them; what does not fit ends in an ellipsis and stands in the table of hops. */
function wrap(text: string, room: number, most: number): string[] {
  const letters = Math.floor(room / 6.3);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + word.length + 1 > letters) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  const shown = lines.slice(0, most).map((shownLine) => clip(shownLine, room, 6.3));
  return lines.length > most ? [...shown.slice(0, -1), `${(shown.at(-1) ?? "").slice(0, letters - 1)}…`] : shown;
}

function clip(text: string, room: number, letter: number): string {
  const letters = Math.floor(room / letter);
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}
