// What every adapter must do, whichever runtime it is for. It needs nothing of a test runner: each case is a function.
import { backPressureCases } from "./cases/back-pressure.js";
import { clientHandshakeCases } from "./cases/client-handshake.js";
import { closingCases } from "./cases/closing.js";
import { compressionCases } from "./cases/compression.js";
import { compressionInputCases } from "./cases/compression-input.js";
import { connectCases } from "./cases/connect.js";
import { contextCases } from "./cases/contexts.js";
import { endCases } from "./cases/ends.js";
import { fairTurnCases } from "./cases/fair-turns.js";
import { faultCases } from "./cases/faults.js";
import { fieldCases } from "./cases/field.js";
import { fieldHandshakeCases } from "./cases/field-handshake.js";
import { fieldOutputCases } from "./cases/field-output.js";
import { fragmentCases } from "./cases/fragments.js";
import { frozenClockCases } from "./cases/frozen-clocks.js";
import { handlerCases } from "./cases/handlers.js";
import { handshakeCases } from "./cases/handshake.js";
import { informationalCases } from "./cases/informational.js";
import { inspectionCases } from "./cases/inspection.js";
import { keepaliveCases } from "./cases/keepalive.js";
import { leftoverCases } from "./cases/leftovers.js";
import { memoryCases } from "./cases/memory.js";
import { messageStreamCases } from "./cases/message-streams.js";
import { messageCases } from "./cases/messages.js";
import { optionValueCases } from "./cases/option-values.js";
import { optionCases } from "./cases/options.js";
import { pingCases } from "./cases/pings.js";
import { plainCases } from "./cases/plain.js";
import { portCases } from "./cases/port.js";
import { proxyCases } from "./cases/proxy.js";
import { reconnectCases } from "./cases/reconnect.js";
import { redirectCases } from "./cases/redirects.js";
import { refusalCases } from "./cases/refusals.js";
import { refusedCases } from "./cases/refused.js";
import { resetCases } from "./cases/resets.js";
import { sendStreamCases } from "./cases/send-stream.js";
import { sequentialCases } from "./cases/sequential.js";
import { serverCases } from "./cases/server.js";
import { tlsFactCases } from "./cases/tls-info.js";
import { topicCases } from "./cases/topics.js";
import { transportCases } from "./cases/transports.js";
import { upgradeCases } from "./cases/upgrade.js";
import { violationCases } from "./cases/violations.js";
import type { Case } from "./scene.js";

export const SUITE: Readonly<Record<string, readonly Case[]>> = {
  messages: messageCases,
  memory: memoryCases,
  fragments: fragmentCases,
  "streams of messages": messageStreamCases,
  "messages from streams": sendStreamCases,
  "sequential handlers": sequentialCases,
  compression: [...compressionCases, ...compressionInputCases],
  pings: pingCases,
  violations: violationCases,
  closing: closingCases,
  ends: endCases,
  keepalive: keepaliveCases,
  "opening handshake": handshakeCases,
  upgrade: upgradeCases,
  refused: refusedCases,
  options: optionCases,
  "plain requests": plainCases,
  "back-pressure": backPressureCases,
  handlers: handlerCases,
  server: serverCases,
  topics: topicCases,
  port: portCases,
  transports: transportCases,
  "opening handshake of a client": clientHandshakeCases,
  "informational answers": informationalCases,
  "refusals of a client": refusalCases,
  connect: connectCases,
  reconnect: reconnectCases,
  "reports from the field": [...fieldCases, ...fieldHandshakeCases, ...fieldOutputCases],
  redirects: redirectCases,
  proxies: proxyCases,
  "frozen clocks": frozenClockCases,
  leftovers: leftoverCases,
  faults: [...faultCases, ...resetCases],
  "values of options": optionValueCases,
  "facts of TLS": tlsFactCases,
  inspection: inspectionCases,
  contexts: contextCases,
  "fair turns": fairTurnCases,
};
