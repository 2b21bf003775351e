// A sink that records the events of an endpoint.
import type { CloseEvent, EndpointSink, MessageType } from "../../src/index.js";
import { bytesLine, closeLine, textLine } from "./run.js";

/** Writes down what an endpoint pushes, and lets a test act inside of each handler. */
export class RecordingSink implements EndpointSink {
  readonly lines: string[] = [];
  closed: CloseEvent | undefined;
  /** Called inside of the handler, before the line is written: bytes that were changed meanwhile show. */
  inside: (payload: Uint8Array | string) => void = () => {};

  onText(text: string | Uint8Array): void {
    this.inside(text);
    this.lines.push(typeof text === "string" ? textLine(text) : bytesLine("utf8", text));
  }
  onBinary(payload: Uint8Array): void {
    this.inside(payload);
    this.lines.push(bytesLine("binary", payload));
  }
  onFragment(payload: Uint8Array, type: MessageType, final: boolean): void {
    this.inside(payload);
    this.lines.push(bytesLine(`${type} fragment${final ? ", the last" : ""}`, payload));
  }
  onPing(payload: Uint8Array): void {
    this.inside(payload);
    this.lines.push(bytesLine("ping", payload));
  }
  onPong(payload: Uint8Array): void {
    this.inside(payload);
    this.lines.push(bytesLine("pong", payload));
  }
  onClose(event: CloseEvent): void {
    this.closed = event;
    this.lines.push(closeLine(event.code, event.reason, event.wasClean));
  }
}
