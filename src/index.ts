// The entry `wsimd`: the codec and the opening handshake, without sockets.
export type { Host, PayloadRuns, ReadRecords, Transcoder } from "./host/host.js";
export type { Kernel, KernelName } from "./kernel/kernel.js";
export { type CompiledKernelName, type KernelChoice, loadKernel } from "./kernel/load.js";
export { type KernelInUse, kernelInUse, provideKernel } from "./memory/workspace.js";
export type { Bytes } from "./protocol/arguments.js";
export { CloseCode, isSendableCloseCode } from "./protocol/close-code.js";
export { Connection, type ConnectionOptions } from "./protocol/connection.js";
export { Endpoint } from "./protocol/endpoint.js";
export type { EndpointOptions, EndpointState, Role, TextType } from "./protocol/endpoint-options.js";
export {
  type ExceededLimit,
  FAILURES,
  type Failure,
  type FailureCode,
  type FailureDefinition,
  type FailureDetails,
  InvalidStateError,
} from "./protocol/errors.js";
export type {
  BinaryEvent,
  CloseEvent,
  ConnectionEvent,
  ControlEvent,
  EndpointSink,
  FragmentEvent,
  MessageType,
  TextEvent,
  Utf8Event,
} from "./protocol/events.js";
export type {
  CompressedBytes,
  CompressionTotals,
  MessagePath,
} from "./protocol/extensions/message-path.js";
export {
  encodeFrameHeader,
  type FrameFields,
  type LengthForm,
  type NewFrameFields,
} from "./protocol/frames/frame-fields.js";
export {
  type FrameErrorEvent,
  type FrameHeaderEvent,
  type FramePayloadEvent,
  FrameReader,
  type FrameReaderEvent,
  type FrameReaderOptions,
} from "./protocol/frames/frame-reader.js";
export { DEFAULT_LIMITS, type Limits } from "./protocol/limits.js";
export { type MaskingKeySource, randomMaskingKey } from "./protocol/masking-key.js";
export { Opcode } from "./protocol/opcode.js";
export type { Optional } from "./protocol/option-readers.js";
export type { Outbox } from "./protocol/outbox.js";
export { PreparedMessage } from "./protocol/prepared-message.js";
export type { SendOptions } from "./protocol/send-options.js";
