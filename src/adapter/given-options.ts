// Reads the options that an application gives to a server or a client, and says what to write in place of a wrong name.
import { type Readers, readOptions, refuse, unknownName } from "../protocol/option-readers.js";
import { nearestName } from "./nearest-name.js";

/** Names of other libraries, and of other languages, for options that exist here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  maxPayload: "limits.maxMessageBytes",
  maxPayloadLength: "limits.maxMessageBytes",
  maxHttpBufferSize: "limits.maxMessageBytes",
  maxSize: "limits.maxMessageBytes",
  maxBackpressure: "limits.maxBackpressureBytes",
  backpressureLimit: "limits.maxBackpressureBytes",
  writeLimit: "limits.maxBackpressureBytes",
  closeOnBackpressureLimit: "backpressure",
  maxHeaderSize: "limits.maxHeadBytes",
  maxRequestBodySize: "limits.maxContentBytes",
  idleTimeout: "timeouts.pingIntervalMs",
  heartbeat: "timeouts.pingIntervalMs",
  heartbeatInterval: "timeouts.pingIntervalMs",
  keepalive: "timeouts.pingIntervalMs",
  handshakeTimeout: "timeouts.handshakeMs",
  connectTimeout: "timeouts.handshakeMs",
  openTimeout: "timeouts.handshakeMs",
  closeTimeout: "timeouts.closeMs",
  verify: "upgrade",
  verifyClient: "upgrade",
  allowRequest: "upgrade",
  processRequest: "upgrade",
  handleProtocols: "protocols",
  subprotocols: "protocols",
  protocol: "protocols",
  cors: "origins",
  origin: "origins",
  allowedOrigins: "origins",
  hostname: "host",
  socketPath: "unix",
  key: "tls",
  cert: "tls",
  ssl: "tls",
  agent: "proxy",
  dispatcher: "proxy",
  followRedirects: "maxRedirects",
  additionalHeaders: "headers",
  fragments: "deliver",
  perMessageDeflate: "compression",
  permessageDeflate: "compression",
  deflate: "compression",
  serverNoContextTakeover: "compression.takeover",
  clientNoContextTakeover: "compression.takeover",
  contextTakeover: "compression.takeover",
  serverMaxWindowBits: "compression.windowBits",
  clientMaxWindowBits: "compression.windowBits",
  memLevel: "compression.memoryBudget",
  level: "compression.effort",
  zlibDeflateOptions: "compression.effort",
  compressor: "compression.windowBits",
  decompressor: "compression.windowBits",
};

/** What to do where no option of this package is the counterpart. */
const ADVICE: Readonly<Record<string, string>> = {
  noServer: "createServer(options, handlers) makes a server without a port",
  server: "attach(httpServer, options, handlers) joins an HTTP server",
  httpServer: "attach(httpServer, options, handlers) joins an HTTP server",
  clientTracking: "server.connections has all sockets",
};

/** The names of the handlers of servers and clients. */
const HANDLERS: ReadonlySet<string> = new Set([
  ...["open", "message", "fragment", "stream", "ping", "pong", "drain", "close", "error", "refused"],
  ...["reconnecting", "reconnectFailed"],
]);

/** The names of the options in each group of options. */
const GROUPS = new WeakMap<object, readonly string[]>();

/** Reads an option that is a group of options. */
export function group<Options extends object>(readers: Readers<Options>) {
  const read = (given: Options, name: string): Options =>
    readOptions<Options>(given, readers, name, unknownOption);
  GROUPS.set(read, Object.keys(readers));
  return read;
}

/** Reads an option that is a group of options, or true for their defaults, or false. */
export function switchable<Options extends object>(readers: Readers<Options>) {
  const readGroup = group(readers);
  const read = (given: boolean | Options, name: string): boolean | Options => {
    if (typeof given === "boolean") return given;
    if (typeof given !== "object" || given === null) refuse(given, "", name, "true, false or an object");
    return readGroup(given, name);
  };
  GROUPS.set(read, Object.keys(readers));
  return read;
}

/**
 * Reads the options of a server or a client.
 * @throws TypeError for an option that does not exist or a value of a wrong type, RangeError for a value out of its range
 */
export function readGiven<Options extends object>(given: Options, readers: Readers<Options>): Options {
  const example = exampleFor(given, readers);
  if (example !== undefined) throw new TypeError(`options must be an object, such as ${example}`);
  return readOptions<Options>(given, readers, undefined, unknownOption);
}

/** The options that were meant by a value that is none. */
function exampleFor(given: unknown, readers: object): string | undefined {
  if ("port" in readers && (typeof given === "number" || /^\d+$/.test(textOf(given))))
    return `{ port: ${given} }`;
  const named = textOf(given) !== "" || (Array.isArray(given) && given.length > 0);
  return named && "signal" in readers ? `{ protocols: ${JSON.stringify([given].flat())} }` : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function unknownOption(path: string, readers: object): TypeError {
  const name = path.slice(path.lastIndexOf(".") + 1);
  const spelled = camelCase(name);
  const none = `there is no option ${path}`;
  if (HANDLERS.has(name))
    return new TypeError(`${none}: ${name} is a handler, and handlers come after the options`);
  const advice = own(ADVICE, spelled);
  if (advice !== undefined) return new TypeError(`${none}: ${advice}`);
  const known = namesIn(readers, path.slice(0, -name.length));
  const meant = own(ELSEWHERE, spelled);
  // In a group of options only its own names are known, but another library's name may be that of any option.
  const isKnown = meant !== undefined && (known.includes(meant) || path !== name);
  const nearest = isKnown ? meant : nearestName(spelled, known);
  if (nearest !== undefined) return new TypeError(`${none}; did you mean ${nearest}?`);
  return unknownName("option", path, Object.keys(readers));
}

/** The names of options, those in groups included. @param prefix - of the group that the options are in, or "" */
function namesIn(readers: object, prefix: string): string[] {
  return Object.entries(readers).flatMap(([name, reader]) => [
    `${prefix}${name}`,
    ...(GROUPS.get(reader) ?? []).map((inner) => `${prefix}${name}.${inner}`),
  ]);
}

/** Python's names in the form that they have here. */
function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function own(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Names that applications give to handlers, for the error. */
const HANDLERS_ELSEWHERE: Readonly<Record<string, string>> = {
  connection: "open",
  connect: "open",
  disconnect: "close",
  disconnection: "close",
  data: "message",
  text: "message",
  binary: "message",
  dropped: "drain",
};

/** Hooks among the options. */
const HOOKS: ReadonlySet<string> = new Set(["upgrade", "fetch", "data"]);

/** The error for a function that is no handler. @param known - the names of handlers */
export function unknownHandler(name: string, known: readonly string[]): TypeError {
  const none = `there is no handler ${name}`;
  if (HOOKS.has(name))
    return new TypeError(`${none}: ${name} is an option, and options come before the handlers`);
  const bare = name.replace(/^on_?(?=[A-Za-z])/, "");
  const spelled = camelCase(bare.charAt(0).toLowerCase() + bare.slice(1));
  const meant = own(HANDLERS_ELSEWHERE, spelled) ?? spelled;
  const nearest = known.includes(meant) ? meant : nearestName(spelled, known);
  if (nearest !== undefined) return new TypeError(`${none}; did you mean ${nearest}?`);
  if (own(ELSEWHERE, spelled) === "upgrade")
    return new TypeError(`${none}; did you mean the option upgrade?`);
  return unknownName("handler", name, known);
}

/** @throws TypeError if handlers are no object, with an example */
export function assertHandlers(given: unknown): void {
  if (typeof given === "object" && given !== null) return;
  throw new TypeError("handlers must be an object, such as { message(socket, data) {} }, behind the options");
}
