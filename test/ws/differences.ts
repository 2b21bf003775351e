// Where wsimd/ws differs from ws on purpose. docs/moving-from-ws.md has the same table.

export interface Difference {
  readonly ws: string;
  readonly wsimd: string;
  readonly reason: string;
}

/** Each has a test that shows both sides: see `differs` in suite.ts. */
export const DIFFERENCES = {
  "minimal lengths": {
    ws: "takes a frame whose length is written in more bytes than it needs",
    wsimd: "fails the connection with 1002",
    reason: "RFC 6455 section 5.2 forbids such lengths",
  },
  "early UTF-8 errors": {
    ws: "validates a text message when its last frame is complete",
    wsimd: "fails at the first frame, or part of one, that no more bytes can make valid",
    reason: "a peer cannot fill memory with text that is already broken",
  },
  "early header errors": {
    ws: "judges a header when two bytes of it are there",
    wsimd: "may fail at the first",
    reason: "the first byte is enough to know",
  },
  "fewer writes": {
    ws: "writes each frame by itself",
    wsimd: "writes the frames of a read, and those of a turn but the first, at once",
    reason: "a system call costs more than a frame",
  },
  "no receiver": {
    ws: "`_receiver` is a stream that each read is written to",
    wsimd: "`_receiver` is not there",
    reason: "bytes go from the socket to the codec without a stream",
  },
  "rest of a write": {
    ws: "`_socket.writableLength` is `bufferedAmount`",
    wsimd: "it may be less",
    reason: "the rest of a write that the system did not take whole is not in the stream",
  },
  "reading while paused": {
    ws: "a socket that is paused reads ahead, and notices an end that nothing comes before",
    wsimd: "with bare handles it reads nothing until `resume()`",
    reason: "the peer has to wait at once",
  },
  "after an exception": {
    ws: "delivers nothing more to a connection whose listener for `message` threw",
    wsimd: "goes on with the next message",
    reason:
      "the exception reaches `uncaughtException` in both, and a process that lives on needs its connections",
  },
  "nothing after terminate": {
    ws: "messages of the same read still come after `terminate()`",
    wsimd: "none comes",
    reason: "the caller said that the connection is over",
  },
  "cut-off compression": {
    ws: "delivers what can be decompressed of a message that is cut off",
    wsimd: "fails with 1007; the error has the code of zlib's, and a text of its own",
    reason: "what comes out of such data is not what was sent",
  },
  "compressed lengths": {
    ws: "counts the compressed bytes of a message towards `maxPayload` as well",
    wsimd: "counts those that come out; compressed ones may be an eighth more",
    reason: "a message within the limit may become longer by compression",
  },
  "one answer to an offer": {
    ws: "a client takes the first of several answers to its offer of compression",
    wsimd: "fails the opening handshake",
    reason: "RFC 7692 section 5 allows one",
  },
  "redirects out of reach": {
    ws: "a redirect to a scheme that the client's `agent` can't have is an uncaught exception",
    wsimd: "is an event `error`",
    reason: "a server must not end the process of a client",
  },
  "streams of broken connections": {
    ws: "a stream whose connection breaks behind `end()` is never over",
    wsimd: "emits `finish` and `close`",
    reason: "a `pipeline` must get to know the end of its streams",
  },
} as const satisfies Record<string, Difference>;

export type DifferenceName = keyof typeof DIFFERENCES;
