// What a client with the WebSocket of browsers says to a server of ours. No imports: it runs in pages, too.

const TEXTS = ["", "hello", "€uro \u{1f600}", "x".repeat(70_000)];
const LENGTHS = [0, 125, 126, 65_535, 65_536];

/** @param {number} length */
function bytesOf(length) {
  return Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 8));
}

/**
 * One message after the other, and the end.
 * @param {string} url
 */
function open(url) {
  const socket = new WebSocket(url, ["other", "chat"]);
  socket.binaryType = "arraybuffer";
  /** @type {(string | ArrayBuffer)[]} */
  const messages = [];
  let end = "";
  let look = () => {};
  socket.onmessage = ({ data }) => {
    messages.push(data);
    look();
  };
  socket.onclose = ({ code, reason, wasClean }) => {
    end = `${code} ${reason} ${wasClean ? "clean" : "unclean"}`;
    look();
  };
  /** @param {() => boolean} condition */
  const until = (condition) =>
    new Promise((resolve) => {
      look = () => {
        if (condition()) resolve(undefined);
      };
      look();
    });
  return {
    socket,
    opened: () =>
      new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = () => reject(new Error(`${url} can't be reached`));
      }),
    async next() {
      await until(() => messages.length > 0 || end !== "");
      return messages.shift();
    },
    async ended() {
      await until(() => end !== "");
      return end;
    },
  };
}

/**
 * @param {string | ArrayBuffer | undefined} back
 * @param {Uint8Array} bytes
 */
function isSame(back, bytes) {
  if (!(back instanceof ArrayBuffer) || back.byteLength !== bytes.length) return false;
  return new Uint8Array(back).every((byte, i) => byte === bytes[i]);
}

/**
 * @param {string} url
 * @param {number} largeBytes - length of the longest message
 * @returns what happened, line by line
 */
export async function converse(url, largeBytes) {
  const lines = [];
  const first = open(url);
  await first.opened();
  const { socket } = first;
  lines.push(`protocol ${socket.protocol}`, `extensions "${socket.extensions}"`);
  for (const text of TEXTS) {
    socket.send(text);
    lines.push(`text ${(await first.next()) === text}`);
  }
  for (const length of [...LENGTHS, largeBytes]) {
    const bytes = bytesOf(length);
    socket.send(bytes);
    lines.push(`binary ${isSame(await first.next(), bytes)}`);
  }
  const long = "0123456789abcdef".repeat(largeBytes / 16);
  socket.send(long);
  lines.push(`text ${(await first.next()) === long}`);
  socket.send("fragments");
  lines.push(`fragments ${await first.next()}`);
  socket.close(4001, "bye €");
  lines.push(`closed ${await first.ended()}`);
  const second = open(url);
  await second.opened();
  second.socket.send("close me");
  lines.push(`closed ${await second.ended()}`);
  const third = open(url);
  await third.opened();
  third.socket.close();
  lines.push(`closed ${await third.ended()}`);
  return lines;
}
