// Strings to UTF-8 and back. Test environments such as jsdom hide Node's `TextEncoder` and `TextDecoder` from the
// global scope.

/** The members of these classes that the codec uses. */
interface TextCoders {
  readonly TextDecoder: new (
    label?: string,
    options?: { readonly ignoreBOM?: boolean; readonly fatal?: boolean },
  ) => { decode(bytes: Uint8Array, options?: { readonly stream?: boolean }): string };
  readonly TextEncoder: new () => {
    encode(text: string): Uint8Array<ArrayBuffer>;
    encodeInto(text: string, bytes: Uint8Array): { readonly read: number; readonly written: number };
  };
}

export const { TextDecoder, TextEncoder }: TextCoders =
  typeof globalThis.TextEncoder === "function" ? globalThis : ofNode();

/** @throws Error if this is not Node */
function ofNode(): TextCoders {
  const found = globalThis.process?.getBuiltinModule?.("node:util");
  if (found === undefined) throw new Error("this host has no TextEncoder");
  return found;
}
