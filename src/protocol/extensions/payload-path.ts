// From an extension of payloads to the path of messages that an endpoint takes.
import type { PayloadExtension } from "./extension.js";
import { ExtensionEncoder } from "./extension-encoder.js";
import { ExtensionReader } from "./extension-reader.js";
import type { MessagePath } from "./message-path.js";

/** Connections with the same extension share its path, and what was made for that. */
const paths = new WeakMap<PayloadExtension, MessagePath>();

/** The path of messages through an extension: for the option `extension` of an endpoint. */
export function payloadPath(extension: PayloadExtension): MessagePath {
  const known = paths.get(extension);
  if (known !== undefined) return known;
  const path: MessagePath = {
    maxEncodedBytes: (messageBytes) => extension.maxEncodedBytes(messageBytes),
    reader: (workspace, maxMessageBytes, messages) =>
      new ExtensionReader(workspace, maxMessageBytes, extension, messages),
    encoder(workspace, host, frames, onTrap) {
      extension.assertRuns(workspace.linear);
      return new ExtensionEncoder(workspace, host, extension, frames, onTrap);
    },
  };
  paths.set(extension, path);
  return path;
}
