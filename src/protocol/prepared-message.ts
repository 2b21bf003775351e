import { sharedWorkspace } from "../kernel/workspace.js";
import { Encoder } from "./encoder.js";
import { portableHost } from "./host.js";
import { FIN, Opcode } from "./opcode.js";
import { Outbox } from "./outbox.js";

/** A message framed once, to be sent on any number of connections. Servers share its bytes. */
export class PreparedMessage {
  /** Whether it is text or bytes. */
  readonly opcode: typeof Opcode.TEXT | typeof Opcode.BINARY;
  /** The payload, copied from the caller's. */
  readonly payload: Uint8Array;
  /** Header and payload, as a server sends them. */
  readonly serverFrame: Uint8Array;

  /** @throws TypeError if the message is neither a string nor bytes */
  constructor(message: string | Uint8Array) {
    if (typeof message !== "string" && !(message instanceof Uint8Array)) {
      throw new TypeError("a message must be a string or a Uint8Array");
    }
    const workspace = sharedWorkspace();
    const outbox = new Outbox(workspace, portableHost);
    const encoder = new Encoder(workspace, portableHost, outbox, undefined);
    if (typeof message === "string") {
      this.opcode = Opcode.TEXT;
      encoder.text(FIN | Opcode.TEXT, message);
    } else {
      this.opcode = Opcode.BINARY;
      encoder.bytes(FIN | Opcode.BINARY, message);
    }
    const frame = new Uint8Array(outbox.bytes);
    let at = 0;
    for (const chunk of outbox.take()) {
      frame.set(chunk, at);
      at += chunk.length;
    }
    this.serverFrame = frame;
    this.payload = frame.subarray(payloadOffset(frame[1] ?? 0));
  }
}

/** Where a payload begins behind an unmasked header with this second byte. */
function payloadOffset(length: number): number {
  if (length < 126) return 2;
  return length === 126 ? 4 : 10;
}
