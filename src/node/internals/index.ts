// Everything that relies on private parts of Node, for the rest of src/node and for src/deno. docs/node-internals.md
// describes each part.
export {
  type ConnectionHandle,
  peerAddress,
  takeConnections,
} from "./bare-handle.js";
export { BufferClass } from "./buffer-class.js";
export {
  type WriteHandle,
  type WriteOwner,
  writeAllDirectly,
  writeDirectly,
  writeHandle,
} from "./direct-write.js";
export { boundDeclines, tellSize } from "./full-worker.js";
export { socketThatIsOver } from "./handle-socket.js";
export { HandleTransport } from "./handle-transport.js";
export { bytesTaken, hasHandle } from "./handles.js";
export { answerUnderWay, UPGRADE_CHOOSER } from "./http-server.js";
export { type Loopback, onLoopback } from "./loopback.js";
export { canSetRawHeaders, setRawHeaders } from "./raw-headers.js";
export { prepareProcess, type Trial, tryInternals, whatWorks } from "./trial.js";
export { canReadInto, readInto } from "./window-reads.js";
