// The types of wsimd-ws and of `wsimd/ws`, for ES modules: names for those of CommonJS.
import { IncomingMessage } from "node:http";

import WebSocket = require("./index.js");

export import AddressInfo = WebSocket.AddressInfo;
export import BroadcastOptions = WebSocket.BroadcastOptions;
export import CertMeta = WebSocket.CertMeta;
export import ClientOptions = WebSocket.ClientOptions;
export import CloseEvent = WebSocket.CloseEvent;
export import CloseOptions = WebSocket.CloseOptions;
export import Data = WebSocket.Data;
export import ErrorEvent = WebSocket.ErrorEvent;
export import Event = WebSocket.Event;
export import EventListenerOptions = WebSocket.EventListenerOptions;
export import FinishRequestCallback = WebSocket.FinishRequestCallback;
export import HeartbeatOptions = WebSocket.HeartbeatOptions;
export import MessageEvent = WebSocket.MessageEvent;
export import PerMessageDeflate = WebSocket.PerMessageDeflate;
export import PerMessageDeflateOptions = WebSocket.PerMessageDeflateOptions;
export import RawData = WebSocket.RawData;
export import Receiver = WebSocket.Receiver;
export import ReceiverOptions = WebSocket.ReceiverOptions;
export import SendOptions = WebSocket.SendOptions;
export import Sender = WebSocket.Sender;
export import ServerOptions = WebSocket.ServerOptions;
export import VerifyClientCallbackAsync = WebSocket.VerifyClientCallbackAsync;
export import VerifyClientCallbackSync = WebSocket.VerifyClientCallbackSync;
export import WebSocketEventMap = WebSocket.WebSocketEventMap;
export import WebSocketServer = WebSocket.WebSocketServer;
export import createWebSocketStream = WebSocket.createWebSocketStream;
export import extension = WebSocket.extension;
export import subprotocol = WebSocket.subprotocol;
export type Server<
  T extends typeof WebSocket = typeof WebSocket,
  U extends typeof IncomingMessage = typeof IncomingMessage,
> = WebSocket.Server<T, U>;
export default WebSocket;
export { WebSocket };
