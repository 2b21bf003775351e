// The names that each entry point exports, and what they load.
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { exportsOf } from "../support/declarations.js";
import { tableRows } from "../support/markdown.js";
import { killPrograms, mainFile, Program } from "../support/program.js";
import { ROOT } from "../support/root.js";
import { runtimeBinary } from "../support/runtimes.js";

afterEach(killPrograms);

/** Every name that each entry point exports: adding one is a decision, and so is taking one away. */
const ENTRIES = [
  {
    name: "wsimd",
    types: "dist/index.d.ts",
    values: [
      "CloseCode",
      "Connection",
      "DEFAULT_LIMITS",
      "Endpoint",
      "FAILURES",
      "FrameReader",
      "InvalidStateError",
      "Opcode",
      "PreparedMessage",
      "encodeFrameHeader",
      "isSendableCloseCode",
      "kernelInUse",
      "loadKernel",
      "provideKernel",
      "randomMaskingKey",
    ],
    typeNames: [
      "BinaryEvent",
      "Bytes",
      "CloseEvent",
      "CompiledKernelName",
      "CompressedBytes",
      "CompressionTotals",
      "ConnectionEvent",
      "ConnectionOptions",
      "ControlEvent",
      "EndpointOptions",
      "EndpointSink",
      "EndpointState",
      "ExceededLimit",
      "Failure",
      "FailureCode",
      "FailureDefinition",
      "FailureDetails",
      "FragmentEvent",
      "FrameErrorEvent",
      "FrameFields",
      "FrameHeaderEvent",
      "FramePayloadEvent",
      "FrameReaderEvent",
      "FrameReaderOptions",
      "Host",
      "Kernel",
      "KernelChoice",
      "KernelInUse",
      "KernelName",
      "LengthForm",
      "Limits",
      "MaskingKeySource",
      "MessagePath",
      "MessageType",
      "NewFrameFields",
      "Optional",
      "Outbox",
      "PayloadRuns",
      "ReadRecords",
      "Role",
      "SendOptions",
      "TextEvent",
      "TextType",
      "Transcoder",
      "Utf8Event",
    ],
  },
  {
    name: "wsimd/handshake",
    types: "dist/handshake/index.d.ts",
    values: [
      "DEFAULT_MAX_HEADER_LINES",
      "DEFAULT_MAX_HEAD_BYTES",
      "FinalHeadParser",
      "HeadParser",
      "HeaderList",
      "acceptExtensions",
      "acceptKey",
      "asksForWebSocket",
      "buildAccept",
      "buildRefusal",
      "buildRequest",
      "checkResponse",
      "checkUpgrade",
      "isOriginAllowed",
      "isWebSocketKey",
      "makeKey",
      "parseExtensions",
      "parseSubprotocols",
      "requestHeadOf",
      "selectSubprotocol",
    ],
    typeNames: [
      "AcceptOptions",
      "Accepted",
      "AcceptedRequest",
      "AgreedExtension",
      "AllowedOrigins",
      "ClientExtension",
      "Extension",
      "ExtensionAnswer",
      "ExtensionParameter",
      "FetchRequest",
      "HandshakeFailure",
      "HandshakeFailureCode",
      "HandshakeOffer",
      "HeadFailed",
      "HeadFinished",
      "HeadKinds",
      "HeadLimits",
      "HeadResult",
      "HeadUnfinished",
      "HeaderFields",
      "IncomingRequest",
      "Refusal",
      "RefusalOptions",
      "RequestHead",
      "RequestOptions",
      "ResponseHead",
      "ServerExtension",
      "UpgradeRequest",
      "UpgradeRules",
    ],
  },
  {
    name: "wsimd/deflate",
    types: "dist/deflate/index.d.ts",
    values: ["clientDeflate", "deflateUnavailable", "serverDeflate"],
    typeNames: [
      "AgreedExtension",
      "ClientExtension",
      "CompiledKernelName",
      "CompressionEffort",
      "CompressionOptions",
      "DeflateOptions",
      "Extension",
      "ExtensionAnswer",
      "ExtensionParameter",
      "KernelChoice",
      "KernelName",
      "MessagePath",
      "ServerExtension",
    ],
  },
  {
    name: "wsimd/adapter",
    types: "dist/adapter/index.d.ts",
    values: [
      "CloseCode",
      "DEFAULT_SERVER_LIMITS",
      "DEFAULT_SOCKET_LIMITS",
      "DEFAULT_TIMEOUTS",
      "Deadlines",
      "HandshakeError",
      "IncompleteMessageError",
      "InvalidStateError",
      "PreparedMessage",
      "TransportEnd",
      "Turns",
      "connect",
      "createRuntime",
      "createServer",
      "portableHost",
      "socketInternals",
    ],
    typeNames: [
      "Acceptance",
      "Address",
      "AllowedOrigins",
      "AsyncContext",
      "AsyncDisposal",
      "BackpressurePolicy",
      "BroadcastOptions",
      "Bytes",
      "ClientHandlers",
      "ClientOptions",
      "CloseEvent",
      "CompiledKernelName",
      "CompressedBytes",
      "CompressionEffort",
      "CompressionOption",
      "CompressionOptions",
      "CompressionTotals",
      "ConnectionHandlers",
      "ConnectionSource",
      "Delivery",
      "EndpointState",
      "ExceededLimit",
      "Extension",
      "ExtensionParameter",
      "Failure",
      "FailureCode",
      "FetchHandler",
      "FetchInfo",
      "GapReason",
      "Handlers",
      "HandshakeErrorCode",
      "HandshakeFailureCode",
      "HandshakeRequest",
      "HandshakeResponse",
      "HeaderFields",
      "HeaderList",
      "Host",
      "KernelChoice",
      "KernelName",
      "Limits",
      "MessageData",
      "MessageStream",
      "MessageType",
      "OpenEvent",
      "Optional",
      "PartStream",
      "PayloadRuns",
      "PublishOptions",
      "ReadRecords",
      "ReconnectCause",
      "ReconnectOptions",
      "ReconnectingEvent",
      "RefusalOptions",
      "RefusedEvent",
      "RequestHead",
      "Role",
      "Runtime",
      "SendOptions",
      "SendResult",
      "Server",
      "ServerCloseOptions",
      "ServerHandlers",
      "ServerLimits",
      "ServerOptions",
      "SlowSubscribers",
      "Socket",
      "SocketInternals",
      "SocketLimits",
      "SocketOptions",
      "SocketTransport",
      "SubscriberHandlers",
      "TextType",
      "TextTypeOption",
      "Timeouts",
      "TlsInfo",
      "Transcoder",
      "Transport",
      "TransportDialer",
      "TransportEndCode",
      "TransportServer",
      "TransportServerOptions",
      "TransportSink",
      "Turning",
      "UpgradeHook",
      "UpgradeRequest",
      "UpgradeResult",
    ],
  },
  {
    name: "wsimd/node",
    types: "dist/node/index.d.ts",
    values: [
      "CloseCode",
      "DEFAULT_SERVER_LIMITS",
      "DEFAULT_SOCKET_LIMITS",
      "DEFAULT_TIMEOUTS",
      "HandshakeError",
      "IncompleteMessageError",
      "InvalidStateError",
      "PreparedMessage",
      "TransportEnd",
      "attach",
      "connect",
      "createServer",
      "serve",
      "socketInternals",
    ],
    typeNames: [
      "Acceptance",
      "AllowedOrigins",
      "AnyHttpServer",
      "AsyncDisposal",
      "AttachOptions",
      "BackpressurePolicy",
      "BroadcastOptions",
      "Bytes",
      "ClientHandlers",
      "ClientOptions",
      "CloseEvent",
      "CompiledKernelName",
      "CompressedBytes",
      "CompressionEffort",
      "CompressionOption",
      "CompressionOptions",
      "CompressionTotals",
      "ConnectOptions",
      "ConnectionHandlers",
      "Delivery",
      "EndpointState",
      "ExceededLimit",
      "Extension",
      "ExtensionParameter",
      "Failure",
      "FailureCode",
      "FetchHandler",
      "FetchInfo",
      "GapReason",
      "Handlers",
      "HandshakeErrorCode",
      "HandshakeFailureCode",
      "HandshakeRequest",
      "HandshakeResponse",
      "HeaderFields",
      "HeaderList",
      "Internals",
      "InternalsOptions",
      "KernelChoice",
      "KernelName",
      "Limits",
      "ListenOptions",
      "ListeningServer",
      "MessageData",
      "MessageStream",
      "MessageType",
      "NodeListeningServer",
      "NodeServer",
      "NodeServerOptions",
      "OpenEvent",
      "Optional",
      "PartStream",
      "ProxyChoice",
      "ProxyOptions",
      "PublishOptions",
      "ReconnectCause",
      "ReconnectOptions",
      "ReconnectingEvent",
      "RefusalOptions",
      "RefusedEvent",
      "Role",
      "SendOptions",
      "SendResult",
      "ServeOptions",
      "Server",
      "ServerCloseOptions",
      "ServerHandlers",
      "ServerLimits",
      "ServerOptions",
      "SlowSubscribers",
      "Socket",
      "SocketInternals",
      "SocketLimits",
      "SocketOptions",
      "SubscriberHandlers",
      "TextType",
      "TextTypeOption",
      "Timeouts",
      "TlsInfo",
      "TransportEndCode",
      "UpgradeHook",
      "UpgradeRequest",
      "UpgradeResult",
    ],
  },
  {
    name: "wsimd/deno",
    types: "dist/deno/index.d.ts",
    values: [
      "CloseCode",
      "DEFAULT_SERVER_LIMITS",
      "DEFAULT_SOCKET_LIMITS",
      "DEFAULT_TIMEOUTS",
      "HandshakeError",
      "IncompleteMessageError",
      "InvalidStateError",
      "PreparedMessage",
      "TransportEnd",
      "attach",
      "connect",
      "createServer",
      "serve",
      "socketInternals",
    ],
    typeNames: [
      "Acceptance",
      "AllowedOrigins",
      "AnyHttpServer",
      "AsyncDisposal",
      "AttachOptions",
      "BackpressurePolicy",
      "BroadcastOptions",
      "Bytes",
      "ClientHandlers",
      "ClientOptions",
      "CloseEvent",
      "CompiledKernelName",
      "CompressedBytes",
      "CompressionEffort",
      "CompressionOption",
      "CompressionOptions",
      "CompressionTotals",
      "ConnectOptions",
      "ConnectionHandlers",
      "Delivery",
      "EndpointState",
      "ExceededLimit",
      "Extension",
      "ExtensionParameter",
      "Failure",
      "FailureCode",
      "FetchHandler",
      "FetchInfo",
      "GapReason",
      "Handlers",
      "HandshakeErrorCode",
      "HandshakeFailureCode",
      "HandshakeRequest",
      "HandshakeResponse",
      "HeaderFields",
      "HeaderList",
      "Internals",
      "InternalsOptions",
      "KernelChoice",
      "KernelName",
      "Limits",
      "ListenOptions",
      "ListeningServer",
      "MessageData",
      "MessageStream",
      "MessageType",
      "NodeServer",
      "NodeServerOptions",
      "OpenEvent",
      "Optional",
      "PartStream",
      "ProxyChoice",
      "ProxyOptions",
      "PublishOptions",
      "ReconnectCause",
      "ReconnectOptions",
      "ReconnectingEvent",
      "RefusalOptions",
      "RefusedEvent",
      "Role",
      "SendOptions",
      "SendResult",
      "ServeOptions",
      "Server",
      "ServerCloseOptions",
      "ServerHandlers",
      "ServerLimits",
      "ServerOptions",
      "SlowSubscribers",
      "Socket",
      "SocketInternals",
      "SocketLimits",
      "SocketOptions",
      "SubscriberHandlers",
      "TextType",
      "TextTypeOption",
      "Timeouts",
      "TlsInfo",
      "TransportEndCode",
      "UpgradeHook",
      "UpgradeRequest",
      "UpgradeResult",
    ],
  },
  {
    name: "wsimd/bun",
    types: "dist/bun/index.d.ts",
    values: [
      "CloseCode",
      "DEFAULT_SERVER_LIMITS",
      "DEFAULT_SOCKET_LIMITS",
      "DEFAULT_TIMEOUTS",
      "HandshakeError",
      "IncompleteMessageError",
      "InvalidStateError",
      "PreparedMessage",
      "TransportEnd",
      "attach",
      "connect",
      "createServer",
      "serve",
      "socketInternals",
    ],
    typeNames: [
      "Acceptance",
      "AllowedOrigins",
      "AnyHttpServer",
      "AsyncDisposal",
      "AttachOptions",
      "BackpressurePolicy",
      "BroadcastOptions",
      "BunTls",
      "Bytes",
      "ClientHandlers",
      "ClientOptions",
      "CloseEvent",
      "CompiledKernelName",
      "CompressedBytes",
      "CompressionEffort",
      "CompressionOption",
      "CompressionOptions",
      "CompressionTotals",
      "ConnectOptions",
      "ConnectionHandlers",
      "Delivery",
      "EndpointState",
      "ExceededLimit",
      "Extension",
      "ExtensionParameter",
      "Failure",
      "FailureCode",
      "FetchHandler",
      "FetchInfo",
      "GapReason",
      "Handlers",
      "HandshakeErrorCode",
      "HandshakeFailureCode",
      "HandshakeRequest",
      "HandshakeResponse",
      "HeaderFields",
      "HeaderList",
      "KernelChoice",
      "KernelName",
      "Limits",
      "ListenOptions",
      "ListeningServer",
      "MessageData",
      "MessageStream",
      "MessageType",
      "NodeServer",
      "NodeServerOptions",
      "OpenEvent",
      "Optional",
      "PartStream",
      "Pem",
      "ProxyChoice",
      "ProxyOptions",
      "PublishOptions",
      "ReconnectCause",
      "ReconnectOptions",
      "ReconnectingEvent",
      "RefusalOptions",
      "RefusedEvent",
      "Role",
      "SendOptions",
      "SendResult",
      "ServeOptions",
      "Server",
      "ServerCloseOptions",
      "ServerHandlers",
      "ServerLimits",
      "ServerOptions",
      "SlowSubscribers",
      "Socket",
      "SocketInternals",
      "SocketLimits",
      "SocketOptions",
      "SubscriberHandlers",
      "TextType",
      "TextTypeOption",
      "Timeouts",
      "TlsInfo",
      "TransportEndCode",
      "UpgradeHook",
      "UpgradeRequest",
      "UpgradeResult",
    ],
  },
  {
    name: "wsimd/streams",
    types: "dist/streams/index.d.ts",
    values: [
      "CloseCode",
      "CodecStreams",
      "DEFAULT_SERVER_LIMITS",
      "DEFAULT_SOCKET_LIMITS",
      "DEFAULT_TIMEOUTS",
      "HandshakeError",
      "IncompleteMessageError",
      "InvalidStateError",
      "PreparedMessage",
      "TransportEnd",
      "connect",
      "createServer",
      "open",
      "socketInternals",
    ],
    typeNames: [
      "Acceptance",
      "AgreedExtension",
      "AllowedOrigins",
      "AsyncDisposal",
      "BackpressurePolicy",
      "BinaryEvent",
      "BroadcastOptions",
      "ByteReader",
      "ByteResult",
      "ByteStreams",
      "Bytes",
      "ClientHandlers",
      "ClientOptions",
      "CloseEvent",
      "CompiledKernelName",
      "CompressedBytes",
      "CompressionEffort",
      "CompressionOption",
      "CompressionOptions",
      "CompressionTotals",
      "ConnectOptions",
      "ConnectionEvent",
      "ConnectionHandlers",
      "ConnectionOptions",
      "ControlEvent",
      "Delivery",
      "EndpointOptions",
      "EndpointState",
      "ExceededLimit",
      "Extension",
      "ExtensionParameter",
      "Failure",
      "FailureCode",
      "FetchHandler",
      "FetchInfo",
      "FragmentEvent",
      "GapReason",
      "Handlers",
      "HandshakeErrorCode",
      "HandshakeFailureCode",
      "HandshakeRequest",
      "HandshakeResponse",
      "HeaderFields",
      "HeaderList",
      "Host",
      "KernelChoice",
      "KernelName",
      "Limits",
      "MaskingKeySource",
      "MessageData",
      "MessagePath",
      "MessageStream",
      "MessageType",
      "OpenEvent",
      "OpenOptions",
      "Optional",
      "OutgoingClose",
      "OutgoingControl",
      "OutgoingFragment",
      "OutgoingMessage",
      "PartStream",
      "PayloadRuns",
      "PeerInfo",
      "PublishOptions",
      "ReadRecords",
      "ReadableBytes",
      "ReconnectCause",
      "ReconnectOptions",
      "ReconnectingEvent",
      "RefusalOptions",
      "RefusedEvent",
      "Role",
      "SendOptions",
      "SendResult",
      "Server",
      "ServerCloseOptions",
      "ServerHandlers",
      "ServerLimits",
      "ServerOptions",
      "SlowSubscribers",
      "Socket",
      "SocketInternals",
      "SocketLimits",
      "SocketOptions",
      "StreamServer",
      "StreamServerOptions",
      "StreamWriter",
      "SubscriberHandlers",
      "TextEvent",
      "TextType",
      "TextTypeOption",
      "Timeouts",
      "TlsInfo",
      "Transcoder",
      "TransportEndCode",
      "UpgradeHook",
      "UpgradeRequest",
      "UpgradeResult",
      "Utf8Event",
      "WindowReader",
      "WritableBytes",
    ],
  },
] as const;

/** Runs code as a user's program would, and gives what it prints. */
async function evaluate(
  code: string,
  { module = false, flags = [] as string[], env = {} as Record<string, string> } = {},
): Promise<string> {
  mainFile();
  const type = `--input-type=${module ? "module" : "commonjs"}`;
  const program = new Program(process.execPath, [...flags, type, "-e", code], { env });
  const exit = await program.exit;
  expect(exit, program.stderr).toEqual({ code: 0, signal: null });
  return program.stdout.trim();
}

describe.each(ENTRIES)("$name", ({ name, types, values, typeNames }) => {
  test("exports these values by import", async () => {
    const printed = await evaluate(`console.log(Object.keys(await import("${name}")).sort().join())`, {
      module: true,
    });
    expect(printed.split(",")).toEqual([...values]);
  });

  // A top-level await anywhere below would make this throw.
  test("exports the same by require()", async () => {
    const printed = await evaluate(
      `console.log(Object.keys(require("${name}")).filter((key) => key !== "__esModule").sort().join())`,
    );
    expect(printed.split(",")).toEqual([...values]);
  });

  test("declares these types besides", () => {
    mainFile();
    const all = [...exportsOf(`${ROOT}${types}`)];
    const sorted = (typeOnly: boolean) =>
      all
        .filter(([, each]) => each.typeOnly === typeOnly)
        .map(([name]) => name)
        .sort();
    expect(sorted(false)).toEqual([...values]);
    expect(sorted(true)).toEqual([...typeNames].sort());
  });
});

/** A program that loads both must not get two kernels. */
const SAME = `import { createRequire } from "node:module";
  const require = createRequire(process.cwd() + "/");
  for (const name of ["wsimd", "wsimd/handshake", "wsimd/node", "wsimd/streams"]) {
    const [required, imported] = [require(name), await import(name)];
    const shared = Object.keys(imported).find((key) => typeof imported[key] === "function");
    console.log(required[shared] === imported[shared]);
  }`;

describe("loading", () => {
  test("gives import and require() the same module", async () => {
    expect(await evaluate(SAME, { module: true })).toBe("true\ntrue\ntrue\ntrue");
  });

  test.each(["node-22", "node-24", "node-26", "bun", "deno"] as const)(
    "gives import and require() the same module on %s",
    async (runtime) => {
      mainFile();
      const node = ["--input-type=module", "-e"];
      const flags = { deno: ["eval", "--quiet"], bun: ["-e"] };
      const before = runtime === "deno" || runtime === "bun" ? flags[runtime] : node;
      const program = new Program(runtimeBinary(runtime), [...before, SAME]);
      expect(await program.exit, program.stderr).toEqual({ code: 0, signal: null });
      expect(program.stdout.trim()).toBe("true\ntrue\ntrue\ntrue");
    },
  );

  test("shows nothing but the two entries and the manifest", async () => {
    const code = `const tried = ["wsimd/package.json", "wsimd/dist/index.js", "wsimd/kernel", "wsimd/protocol/endpoint.js"];
      console.log(tried.map((name) => { try { require(name); return "loads"; } catch ({ code }) { return code; } }).join());`;
    const hidden = "ERR_PACKAGE_PATH_NOT_EXPORTED";
    expect(await evaluate(code)).toBe(`loads,${hidden},${hidden},${hidden}`);
  });
});

const KERNEL_IN_USE = `console.log(new (require("wsimd").Connection)({ role: "server" }).kernel)`;

describe("the kernel in use", () => {
  test.each([
    ["", "simd"],
    ["auto", "simd"],
    ["simd", "simd"],
    ["scalar", "scalar"],
    ["js", "js"],
  ])("with WSIMD_KERNEL=%s is %s", async (asked, used) => {
    expect(await evaluate(KERNEL_IN_USE, { env: { WSIMD_KERNEL: asked } })).toBe(used);
  });

  const REASON = `const { kernelInUse } = require("wsimd");
    const { name, fallbackReason } = kernelInUse(); console.log(name, fallbackReason);`;

  test.each([
    ["there is WebAssembly with SIMD", "--no-warnings", /^simd undefined$/],
    ["the processor has no SIMD", "--no-enable-sse4-1", /^scalar simd: CompileError: .*SIMD unsupported/],
    ["there is no WebAssembly", "--jitless", /^js simd: ReferenceError: .*; scalar: ReferenceError: /],
  ])("says why it is what it is where %s", async (_, flag, printed) => {
    expect(await evaluate(REASON, { env: { WSIMD_KERNEL: "" }, flags: [flag] })).toMatch(printed);
  });

  test("is never another than the one that was asked for", async () => {
    const code = `const { Connection, kernelInUse } = require("wsimd");
      for (const ask of [kernelInUse, () => new Connection({ role: "server", kernel: "scalar" })])
        try { ask(); } catch ({ name }) { console.log(name); }`;
    expect(await evaluate(code, { env: { WSIMD_KERNEL: "simd" }, flags: ["--jitless"] })).toBe(
      "ReferenceError\nReferenceError",
    );
  });

  test("can be read from the package's files", async () => {
    const code = `const { readFileSync } = require("node:fs");
      const { kernelInUse, provideKernel } = require("wsimd");
      for (const name of ["simd", "scalar"]) provideKernel(name, readFileSync(require.resolve("wsimd/" + name + ".wasm")));
      console.log(kernelInUse().name);`;
    expect(await evaluate(code, { env: { WSIMD_KERNEL: "" } })).toBe("simd");
  });

  const message = 'RangeError: unknown kernel "nonsense": it is one of simd, scalar, js';

  test("can't be nonsense: the codec says so", async () => {
    const code = `const { Connection } = require("wsimd");
      try { new Connection({ role: "server" }); } catch (error) { console.log(String(error)); }`;
    expect(await evaluate(code, { env: { WSIMD_KERNEL: "nonsense" } })).toBe(message);
  });

  test("can't be nonsense: neither serve() nor connect() goes on", async () => {
    const code = `import { connect, serve } from "wsimd/node";
      await serve({ port: 0 }, {}).catch((error) => console.log(String(error)));
      await connect("ws://127.0.0.1:1/").catch((error) => console.log(String(error)));`;
    const printed = await evaluate(code, { module: true, env: { WSIMD_KERNEL: "nonsense" } });
    expect(printed).toBe(`${message}\n${message}`);
  });
});

describe("docs/naming.md names what is exported", () => {
  const named = (heading: string): string[] => {
    const rows = tableRows(readFileSync(`${ROOT}docs/naming.md`, "utf8"), heading);
    const names = rows.flatMap(([cell = ""]) => cell.split(", "));
    if (names.length < 10) throw new Error(`docs/naming.md has no table under ${heading}`);
    return names;
  };
  const servers = ["node", "deno", "bun", "streams", "adapter"];
  test.each([
    ...[...servers, "workerd"].map((entry) => [entry, "Names of every entry"] as const),
    ...servers.map((entry) => [entry, "Names of every server"] as const),
  ])("by wsimd/%s: %s", (entry, heading) => {
    mainFile();
    const exported = exportsOf(`${ROOT}dist/${entry}/index.d.ts`);
    expect(named(heading).filter((name) => !exported.has(name))).toEqual([]);
  });
});
