// Connections of the load generator by this package's own client.
import { HandshakeError } from "../../adapter/client/handshake-error.js";
import type { Socket } from "../../adapter/socket/handlers.js";
import { InvalidStateError } from "../../protocol/errors.js";
import { Opcode } from "../../protocol/opcode.js";
import { CliError } from "../command.js";
import { runtimeAdapter } from "../runtime.js";
import { visible } from "../visible.js";
import { Lane, type Tally } from "./lane.js";
import type { MessageBatch } from "./messages.js";
import { describeNetError, type LinkOptions } from "./raw-link.js";

const MOST_BYTES = 2 ** 30;

/**
 * A connection of this package's own client. It has the costs of a real client: each frame has a masking key of its
 * own.
 */
export async function openWsimdLane(tally: Tally, batch: MessageBatch, options: LinkOptions): Promise<Lane> {
  const { address, check, timeoutMs, tls } = options;
  const isText = batch.opcode === Opcode.TEXT;
  const payloads = batch.payloads.map((payload) => (isText ? payload.toString() : payload));
  let lane: Lane | undefined;
  const open = (socket: Socket): Lane => {
    const opened = new Lane(tally, batch);
    opened.link = {
      send(first, count) {
        for (let i = 0; i < count; i++) socket.send(payloads[(first + i) % payloads.length] ?? "");
      },
      close: () => socket.close(),
      destroy: () => socket.terminate(),
    };
    return opened;
  };
  const { connect } = await runtimeAdapter();
  try {
    await connect(
      address.url,
      {
        tls,
        backpressure: "queue",
        limits: { maxMessageBytes: MOST_BYTES },
        timeouts: { handshakeMs: timeoutMs },
      },
      {
        open(socket) {
          lane = open(socket);
        },
        message(_socket, message) {
          const expected = payloads[lane?.due ?? 0] ?? "";
          if (message.length !== expected.length || (check && !isEqual(message, expected))) {
            lane?.lost("a reply differs from its message");
          } else lane?.replied(1);
        },
        close(_socket, { code }) {
          lane?.lost(`the connection closed with ${code}`);
          lane?.gone();
        },
        error(_socket, error) {
          lane?.lost(describeNetError(error));
        },
      },
    );
  } catch (error) {
    if (error instanceof InvalidStateError) throw error;
    const why = error instanceof HandshakeError ? error.message : describeNetError(error);
    throw new CliError(`can't connect to ${address.url}: ${visible(why)}`);
  }
  if (lane === undefined) throw new CliError(`can't connect to ${address.url}`);
  return lane;
}

function isEqual(message: string | Uint8Array, payload: string | Buffer): boolean {
  if (typeof message === "string" || typeof payload === "string") return message === payload;
  return payload.equals(message);
}
