// The script of the demo's page.
import type { Say, ServerMessage, Stats } from "../messages.js";
import { Clients } from "./clients.js";
import { Connection, type ConnectionState } from "./connection.js";
import { byId, setText } from "./elements.js";
import { formatBytes, formatCount, formatMilliseconds, formatSaved, formatSize } from "./format.js";
import { Graph } from "./graph.js";
import { KernelCard } from "./kernel-card.js";
import { Load } from "./load.js";
import { Log } from "./log.js";

const RATES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const FIRST_RATE = RATES.indexOf(200);
const SIZES = [16, 64, 256, 1024, 4096, 16_384, 65_536];
const FIRST_SIZE = SIZES.indexOf(256);
/** The interval at which screen readers get the graph's numbers. */
const DESCRIBE_MS = 5000;

const state = byId("state", HTMLParagraphElement);
const retry = byId("retry", HTMLButtonElement);
const canvas = byId("graph", HTMLCanvasElement);
const rate = byId("rate", HTMLElement);
const rtt = byId("rtt", HTMLElement);
const text = byId("text", HTMLInputElement);
const send = byId("send", HTMLButtonElement);
const toggle = byId("load-toggle", HTMLButtonElement);

let wasOpen = false;
let knowsOthers = false;

const log = new Log();
const clients = new Clients();
const graph = new Graph(canvas);
new KernelCard();
const connection = new Connection({
  state: onState,
  text: onText,
  binary: (payload) => load.received(payload),
});
const load = new Load(connection);

function onState(now: ConnectionState, seconds: number): void {
  state.setAttribute("data-state", now);
  if (now === "waiting") setText(state, `Offline, again in ${seconds} s`);
  else setText(state, now === "open" ? "Connected" : "Connecting…");
  retry.hidden = now !== "waiting";
  send.disabled = now !== "open";
  toggle.disabled = now !== "open";
  if (wasOpen && now === "waiting") onLost();
  wasOpen = now === "open";
}

function onLost(): void {
  log.note("The connection was lost.");
  clients.clear();
  knowsOthers = false;
  graph.add(undefined, undefined);
  for (const id of ["rate", "rtt", "count", "saved"]) setText(byId(id, HTMLElement), "–");
  setText(byId("saved-bytes", HTMLElement), "");
}

function onText(json: string): void {
  const message: ServerMessage = JSON.parse(json);
  switch (message.type) {
    case "welcome":
      clients.you = message.you;
      setText(byId("kernel", HTMLParagraphElement), `Frames decoded by the ${message.kernel} kernel`);
      document.title = `#${message.you} · wsimd demo`;
      log.note(`Connected as #${message.you}.`);
      break;
    case "stats":
      onStats(message);
      break;
    case "said": {
      const to = message.to === null ? "everyone" : clients.nameOf(message.to);
      log.message(clients.nameOf(message.from), to, message.text, message.to !== null);
      break;
    }
    case "refused":
      log.note(message.reason);
      break;
  }
}

function onStats(stats: Stats): void {
  const roundTrip = load.takeRoundTrip();
  graph.add(stats.rate, roundTrip);
  setText(rate, formatCount(stats.rate));
  if (roundTrip !== undefined) setText(rtt, formatMilliseconds(roundTrip));
  setText(byId("count", HTMLElement), formatCount(stats.clients.length));
  showCompression(stats.compression);
  const { joined, left } = clients.update(stats.clients);
  // Clients that were there before this tab are not announced.
  if (knowsOthers) for (const id of joined) log.note(`${clients.nameOf(id)} joined.`);
  for (const id of left) log.note(`${clients.nameOf(id)} left.`);
  knowsOthers = true;
}

function showCompression({ payloadBytes, wireBytes }: Stats["compression"]): void {
  if (payloadBytes === 0) return;
  setText(byId("saved", HTMLElement), formatSaved(payloadBytes, wireBytes));
  setText(byId("saved-bytes", HTMLElement), `${formatSize(payloadBytes)} took ${formatSize(wireBytes)}`);
}

function onSubmit(event: SubmitEvent): void {
  event.preventDefault();
  if (text.value === "") return;
  const say: Say = { type: "say", to: clients.chosen, text: text.value };
  connection.send(JSON.stringify(say));
  text.value = "";
}

function onToggle(): void {
  load.running = !load.running;
  toggle.setAttribute("aria-pressed", String(load.running));
  setText(toggle, load.running ? "Stop the load" : "Start the load");
}

/** A slider over a list of values. */
function setUpSlider(
  id: string,
  values: readonly number[],
  first: number,
  format: (value: number) => string,
  use: (value: number) => void,
): void {
  const slider = byId(id, HTMLInputElement);
  const output = byId(`${id}-value`, HTMLOutputElement);
  slider.max = String(values.length - 1);
  slider.value = String(first);
  const update = (): void => {
    const value = values[slider.valueAsNumber] ?? 0;
    setText(output, format(value));
    slider.setAttribute("aria-valuetext", format(value));
    use(value);
  };
  slider.addEventListener("input", update);
  update();
}

setUpSlider("load-rate", RATES, FIRST_RATE, formatCount, (value) => {
  load.perSecond = value;
});
setUpSlider("load-size", SIZES, FIRST_SIZE, formatBytes, (value) => {
  load.bytes = value;
});
byId("composer", HTMLFormElement).addEventListener("submit", onSubmit);
toggle.addEventListener("click", onToggle);
retry.addEventListener("click", () => connection.retry());
setInterval(() => {
  const values = `${rate.textContent} messages a second, round trip ${rtt.textContent} ms`;
  canvas.setAttribute("aria-label", `Graph of the last minute. Now: ${values}.`);
}, DESCRIBE_MS);
