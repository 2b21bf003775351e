// What the messages of the load consist of: pieces of JSON, which shrink as those of applications do.

/** As much as the longest message has, and more, so that messages differ. */
const SAMPLE_BYTES = 256 * 1024;
/** How far the messages are from each other in the sample. No length of a message is a multiple of it. */
const STEP_BYTES = 1021;

const PLACES = ["Berlin", "Lagos", "Lima", "Mumbai", "Oslo", "Osaka", "Quito", "Tunis"];

/** Gives the payloads of the load, one after the other. */
export class LoadPayload {
  readonly #sample = makeSample();
  #at = 0;

  /** Memory of its own, with so many bytes of JSON. */
  next(bytes: number): ArrayBuffer {
    this.#at += STEP_BYTES;
    if (this.#at + bytes > this.#sample.length) this.#at %= STEP_BYTES;
    return this.#sample.slice(this.#at, this.#at + bytes).buffer;
  }
}

function makeSample(): Uint8Array<ArrayBuffer> {
  let json = "";
  for (let id = 1; json.length < SAMPLE_BYTES; id++) {
    const [a, b, c] = [scattered(id, 400), scattered(id + 1000, 100), scattered(id + 2000, 30)];
    const place = PLACES[scattered(id, PLACES.length)];
    json += `${JSON.stringify({ id, place, temperature: a / 10, humidity: b, wind: c })}\n`;
  }
  return new TextEncoder().encode(json);
}

/** A whole number below another one, which has no pattern that compression would find. */
function scattered(seed: number, below: number): number {
  return Math.floor(((Math.imul(seed ^ (seed >>> 3), 0x9e3779b1) >>> 8) / 2 ** 24) * below);
}
