// Messages of JSON that differ from each other, for loads that are compressed.

const ASCII_NAMES = ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Emmy Noether", "Katherine Johnson"];
const MIXED_NAMES = ["Zoë Müller", "Анна Петрова", "李小龙", "Ελένη Παπαδοπούλου", "山田 花子 🚀"];
const TAGS = ["new", "paid", "gift", "express", "returned", "priority"];

/**
 * Different messages of exactly this size, the same in each run: JSON, from 4 bytes on.
 * @param mixed - whether there are characters of several bytes
 */
export function recordMessages(size: number, mixed: boolean, count: number): Buffer[] {
  const random = randomNumbers();
  return Array.from({ length: count }, () => recordMessage(size, mixed ? MIXED_NAMES : ASCII_NAMES, random));
}

/** A number from 0 to below the limit. */
type Random = (limit: number) => number;

function recordMessage(size: number, names: readonly string[], random: Random): Buffer {
  if (size < 4) return Buffer.alloc(size, String(1 + random(9)));
  const parts = ["["];
  let room = size - 4;
  for (;;) {
    const record = `${JSON.stringify(makeRecord(names, random))},`;
    room -= Buffer.byteLength(record);
    if (room < 0) {
      room += Buffer.byteLength(record);
      break;
    }
    parts.push(record);
  }
  const digits = Array.from({ length: room }, () => random(16).toString(16)).join("");
  return Buffer.from(`${parts.join("")}"${digits}"]`);
}

function makeRecord(names: readonly string[], random: Random): object {
  return {
    id: random(1e6),
    name: names[random(names.length)],
    total: random(1e5) / 100,
    at: new Date(1.7e12 + random(1e6) * 1e4).toISOString(),
    tags: [TAGS[random(TAGS.length)], TAGS[random(TAGS.length)]],
  };
}

function randomNumbers(): Random {
  let state = 0x2545f491;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
