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
    this.opcode = typeof message === "string" ? Opcode.TEXT : Opcode.BINARY;
    const payload = typeof message === "string" ? portableHost.textBytes(message) : message;
    this.serverFrame = frame(FIN | this.opcode, payload);
    this.payload = this.serverFrame.subarray(this.serverFrame.length - payload.length);
  }
}

function frame(first: number, payload: Uint8Array): Uint8Array {
  const workspace = sharedWorkspace();
  const outbox = new Outbox(workspace, portableHost);
  new Encoder(workspace, portableHost, outbox, undefined).bytes(first, payload);
  const whole = new Uint8Array(outbox.bytes);
  let at = 0;
  for (const chunk of outbox.take()) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
