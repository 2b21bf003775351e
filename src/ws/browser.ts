// What bundlers for browsers get instead of the drop-in for `ws`: a function that throws, as that of `ws` does.

export default function WebSocket(): never {
  throw new Error("ws does not work in the browser. Browser clients must use the native WebSocket object");
}
