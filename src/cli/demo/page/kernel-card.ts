// The page's card that compares the kernels in the visitor's own browser.
import { byId, make, setText } from "./elements.js";
import { formatRate } from "./format.js";
import {
  type ComparedKernel,
  compareKernels,
  KERNELS,
  type KernelResult,
  ROUNDS,
} from "./kernel-comparison.js";
import type { PayloadKind } from "./kernel-frames.js";

const NAMES: Readonly<Record<ComparedKernel, string>> = {
  simd: "WebAssembly SIMD",
  scalar: "WebAssembly, scalar",
  js: "Plain JavaScript",
};
const KINDS: readonly PayloadKind[] = ["binary", "text", "mixed"];
/** Above this, the rounds were too far apart to compare the kernels. */
const TOO_NOISY = 0.15;

/** The comparison on the page: choices, a button, a table with bars, and the results as JSON. */
export class KernelCard {
  readonly #run = byId("kernels-run", HTMLButtonElement);
  readonly #copy = byId("kernels-copy", HTMLButtonElement);
  readonly #status = byId("kernels-status", HTMLParagraphElement);
  readonly #rows = byId("kernels-rows", HTMLTableSectionElement);
  readonly #json = byId("kernels-json", HTMLTextAreaElement);
  #report = "";

  constructor() {
    this.#rows.replaceChildren(...KERNELS.map((kernel) => row(kernel)));
    this.#run.addEventListener("click", () => this.#compare());
    this.#copy.addEventListener("click", () => this.#copyReport());
  }

  async #compare(): Promise<void> {
    if (this.#run.getAttribute("aria-disabled") === "true") return;
    // A disabled button would lose the focus.
    this.#run.setAttribute("aria-disabled", "true");
    this.#copy.disabled = true;
    this.#json.hidden = true;
    const kind = KINDS.find((each) => each === chosen("kernels-kind")) ?? "binary";
    const size = Number(chosen("kernels-size"));
    setText(this.#status, "Measuring…");
    const results = await compareKernels(kind, size, (share) => {
      setText(this.#run, `${Math.round(100 * share)} %`);
    });
    this.#show(results);
    this.#report = JSON.stringify(
      { measured: "decode", kind, bytes: size, rounds: ROUNDS, userAgent: navigator.userAgent, results },
      null,
      2,
    );
    this.#copy.disabled = false;
    setText(this.#run, "Run again");
    this.#run.removeAttribute("aria-disabled");
  }

  #show(results: readonly KernelResult[]): void {
    const fastest = Math.max(...results.map(({ gigabytesPerSecond }) => gigabytesPerSecond ?? 0));
    const javascript = results.find(({ kernel }) => kernel === "js");
    this.#rows.replaceChildren(...results.map((result) => row(result.kernel, result, fastest, javascript)));
    const errors = results.flatMap(({ kernel, error }) =>
      error === undefined ? [] : [`${NAMES[kernel]}: ${error}`],
    );
    setText(this.#status, [...errors, describeNoise(results)].join(" "));
  }

  async #copyReport(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.#report);
      setText(this.#status, "The results are in the clipboard.");
    } catch {
      // Only pages from HTTPS or from this machine may write to the clipboard.
      this.#json.value = this.#report;
      this.#json.hidden = false;
      this.#json.select();
      setText(this.#status, "This page may not write to the clipboard. Copy the selected text.");
    }
  }
}

function chosen(group: string): string {
  const radio = document.querySelector(`input[name="${group}"]:checked`);
  return radio instanceof HTMLInputElement ? radio.value : "";
}

function row(
  kernel: ComparedKernel,
  result?: KernelResult,
  fastest = 1,
  javascript?: KernelResult,
): HTMLElement {
  const head = make("th");
  head.scope = "row";
  const track = make("span", "track");
  const bar = make("span", `bar ${kernel}`);
  const { nsPerMessage, gigabytesPerSecond, error } = result ?? {};
  bar.style.width = `${(100 * (gigabytesPerSecond ?? 0)) / fastest}%`;
  track.append(bar);
  head.append(make("span", "name", NAMES[kernel]), track);
  const cells = [
    gigabytesPerSecond === undefined ? "–" : formatRate(gigabytesPerSecond),
    nsPerMessage === undefined ? "–" : formatRate(nsPerMessage),
    factorText(result, javascript),
  ];
  const element = make("tr", error === undefined ? "" : "failed");
  element.append(head, ...cells.map((text) => make("td", "", text)));
  return element;
}

/** How many times as fast as JavaScript a kernel is, unless the noise alone can be as much. */
function factorText(result: KernelResult | undefined, javascript: KernelResult | undefined): string {
  if (result?.nsPerMessage === undefined || javascript?.nsPerMessage === undefined) return "–";
  const factor = javascript.nsPerMessage / result.nsPerMessage;
  const noise = Math.max(result.noise ?? 0, javascript.noise ?? 0);
  const isNoise = result !== javascript && Math.max(factor, 1 / factor) <= 1 + noise;
  return isNoise ? "too noisy" : `${formatRate(factor)}×`;
}

function describeNoise(results: readonly KernelResult[]): string {
  const noise = Math.max(...results.map((result) => result.noise ?? 0));
  const percent = `${(100 * noise).toFixed(noise < 0.1 ? 1 : 0)} %`;
  if (noise > TOO_NOISY) {
    return `Too noisy to compare: rounds of one kernel differ by ±${percent}. Close what is busy, and run it again.`;
  }
  return `Medians of ${ROUNDS} rounds, in which the kernels took turns; noise ±${percent}.`;
}
