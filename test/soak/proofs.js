// The proofs of `npm run soak`.
import { churn } from "./proofs/churn.js";
import { cpu } from "./proofs/cpu.js";
import { descriptors } from "./proofs/descriptors.js";
import { faults } from "./proofs/faults.js";
import { handshakes } from "./proofs/handshakes.js";
import { isolation } from "./proofs/isolation.js";
import { load } from "./proofs/load.js";
import { memory } from "./proofs/memory.js";
import { pings } from "./proofs/pings.js";
import { slowReaders } from "./proofs/slow-readers.js";
import { work } from "./proofs/work.js";

/** @type {readonly import("./main.js").Proof[]} */
export const PROOFS = [
  load,
  memory,
  pings,
  slowReaders,
  handshakes,
  churn,
  faults,
  descriptors,
  isolation,
  work,
  cpu,
];
