// Draws the page's graph.
import { formatCount, formatMilliseconds } from "./format.js";
import { PARTS, Scale } from "./scale.js";

/** A moment of the graph; `undefined` where there is no value. */
interface Point {
  readonly at: number;
  readonly rate: number | undefined;
  readonly rtt: number | undefined;
}

type Series = "rate" | "rtt";

/** Points slide in from the right edge: it lies so far in the past that the next one is there in time. */
const DELAY_MS = 400;
const WIDE_SPAN_MS = 60_000;
const NARROW_SPAN_MS = 30_000;
const NARROW_PIXELS = 520;
const WIDE_TIME_PARTS = 4;
const NARROW_TIME_PARTS = 2;
const MARGIN = { top: 10, right: 58, bottom: 24, left: 48 };
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';

/** The live graph: messages a second as an area, with the scale on the left; round trips as a line, on the right. */
export class Graph {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #points: Point[] = [];
  readonly #scales = { rate: new Scale(8), rtt: new Scale(0.5) };
  readonly #reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  #colors = { rate: "", rtt: "", line: "", muted: "" };
  #width = 0;
  #height = 0;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("no canvas");
    this.#canvas = canvas;
    this.#context = context;
    this.#readColors();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#readColors());
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
    const frame = (): void => {
      if (!this.#reducedMotion.matches) this.#draw();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  add(rate: number | undefined, rtt: number | undefined): void {
    const at = performance.now();
    this.#points.push({ at, rate, rtt });
    while ((this.#points[1]?.at ?? at) < at - WIDE_SPAN_MS - 2 * DELAY_MS) this.#points.shift();
    if (this.#reducedMotion.matches) this.#draw();
  }

  #readColors(): void {
    const style = getComputedStyle(this.#canvas);
    const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    this.#colors = { rate: color("rate"), rtt: color("rtt"), line: color("line"), muted: color("muted") };
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    this.#width = clientWidth;
    this.#height = clientHeight;
    this.#canvas.width = Math.round(clientWidth * devicePixelRatio);
    this.#canvas.height = Math.round(clientHeight * devicePixelRatio);
    this.#draw();
  }

  get #isNarrow(): boolean {
    return this.#width < NARROW_PIXELS;
  }

  get #span(): number {
    return this.#isNarrow ? NARROW_SPAN_MS : WIDE_SPAN_MS;
  }

  #x(at: number, now: number): number {
    const right = this.#width - MARGIN.right;
    return right - ((now - at) / this.#span) * (right - MARGIN.left);
  }

  /** @param share - of the height, 0 at the bottom */
  #y(share: number): number {
    const bottom = this.#height - MARGIN.bottom;
    return bottom - share * (bottom - MARGIN.top);
  }

  #draw(): void {
    const context = this.#context;
    const now = performance.now() - (this.#reducedMotion.matches ? 0 : DELAY_MS);
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#width, this.#height);
    const shown = this.#points.filter(({ at }) => at >= now - this.#span - 1000);
    for (const series of ["rate", "rtt"] as const) {
      const most = shown.reduce((highest, point) => Math.max(highest, point[series] ?? 0), 0);
      this.#scales[series].follow(most, !this.#reducedMotion.matches);
    }
    this.#drawTimes();
    this.#drawScale("rate");
    this.#drawScale("rtt");
    context.save();
    context.beginPath();
    context.rect(MARGIN.left, 0, this.#width - MARGIN.left - MARGIN.right, this.#height);
    context.clip();
    this.#drawSeries("rate", shown, now);
    this.#drawSeries("rtt", shown, now);
    context.restore();
  }

  #drawTimes(): void {
    const context = this.#context;
    context.font = FONT;
    context.fillStyle = this.#colors.muted;
    context.textBaseline = "alphabetic";
    const parts = this.#isNarrow ? NARROW_TIME_PARTS : WIDE_TIME_PARTS;
    for (let part = 0; part <= parts; part++) {
      const ago = (this.#span / 1000) * (1 - part / parts);
      context.textAlign = part === 0 ? "left" : part === parts ? "right" : "center";
      context.fillText(ago === 0 ? "now" : `${ago} s ago`, this.#x(-ago * 1000, 0), this.#height - 5);
    }
  }

  #drawScale(series: Series): void {
    const context = this.#context;
    const { top, step } = this.#scales[series];
    context.textBaseline = "middle";
    context.fillStyle = this.#colors[series];
    context.textAlign = series === "rate" ? "right" : "left";
    context.strokeStyle = this.#colors.line;
    context.lineWidth = 1;
    const right = this.#width - MARGIN.right;
    for (let part = 0; part <= PARTS; part++) {
      const value = part * step;
      // While the scale glides, some lines are above the edge.
      if (value > top * 1.001) break;
      const y = Math.round(this.#y(value / top)) + 0.5;
      if (series === "rate") {
        line(context, MARGIN.left, y, right, y);
        context.fillText(shortCount(value), MARGIN.left - 8, y);
      } else if (value > 0) {
        context.fillText(`${formatMilliseconds(value)} ms`, right + 8, y);
      }
    }
  }

  #drawSeries(series: Series, points: readonly Point[], now: number): void {
    for (const run of runs(points, series)) {
      const path = run.map(({ at, value }) => ({
        x: this.#x(at, now),
        y: this.#y(value / this.#scales[series].top),
      }));
      if (series === "rate") this.#fill(path);
      this.#stroke(path, series);
    }
  }

  #fill(path: readonly { x: number; y: number }[]): void {
    const context = this.#context;
    const bottom = this.#y(0);
    const gradient = context.createLinearGradient(0, MARGIN.top, 0, bottom);
    gradient.addColorStop(0, `${this.#colors.rate}59`);
    gradient.addColorStop(1, `${this.#colors.rate}0d`);
    context.fillStyle = gradient;
    context.beginPath();
    context.moveTo(path[0]?.x ?? 0, bottom);
    for (const { x, y } of path) context.lineTo(x, y);
    context.lineTo(path.at(-1)?.x ?? 0, bottom);
    context.fill();
  }

  #stroke(path: readonly { x: number; y: number }[], series: Series): void {
    const context = this.#context;
    context.strokeStyle = this.#colors[series];
    context.lineWidth = series === "rate" ? 2 : 1.75;
    context.lineJoin = "round";
    context.beginPath();
    for (const { x, y } of path) context.lineTo(x, y);
    context.stroke();
  }
}

/** The parts of a series without a gap. */
function runs(points: readonly Point[], series: Series): { at: number; value: number }[][] {
  const found: { at: number; value: number }[][] = [];
  let run: { at: number; value: number }[] | undefined;
  for (const point of points) {
    const value = point[series];
    if (value === undefined) {
      run = undefined;
      continue;
    }
    if (run === undefined) {
      run = [];
      found.push(run);
    }
    run.push({ at: point.at, value });
  }
  return found;
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

function shortCount(count: number): string {
  return count < 10_000 ? formatCount(count) : `${formatCount(count / 1000)}k`;
}
