// Sessions: one middleware for Express, and the session of an opening handshake.
import { type IncomingMessage, ServerResponse } from "node:http";
import express, { type NextFunction, type Request, type Response } from "express";
import session from "express-session";

declare module "express-session" {
  interface SessionData {
    /** The name with which the visitor has logged in. */
    user: string;
  }
}

/** Reads the session cookie, and sets it after a login. Sessions are kept in memory: a real service has a store. */
export const sessions = session({
  name: "chat",
  secret: process.env.SECRET ?? "not secret enough",
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: "lax" },
});

/** Longer than the hook `upgrade` may take: until then, a handshake may know a session that has ended. */
const REMEMBERED_MS = 60_000;

/** Sessions that have ended lately. */
class EndedSessions {
  readonly #ids = new Set<string>();

  add(id: string): void {
    this.#ids.add(id);
    setTimeout(() => this.#ids.delete(id), REMEMBERED_MS).unref();
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }
}

export const endedSessions = new EndedSessions();

interface ReadSession {
  readonly id: string;
  /** Undefined for a new session, which has no user. */
  readonly user: string | undefined;
}

interface Reading {
  resolve(session: ReadSession): void;
  reject(error: unknown): void;
}

const readings = new WeakMap<IncomingMessage, Reading>();

// An application takes Node's type of requests; the middleware alone wants that of Express. It is made once: to make one
// for each handshake costs more than to read a session. Its middleware must call next(): a redirect would settle nothing.
const reader = express();
reader.use(sessions, (request: Request) => {
  readings.get(request)?.resolve({ id: request.sessionID, user: request.session.user });
});
reader.use((error: unknown, request: Request, _response: Response, _next: NextFunction) => {
  readings.get(request)?.reject(error);
});

/** The session that an opening handshake's cookie names. It is new, without a user, if the cookie names none. */
export function sessionOf(incoming: IncomingMessage): Promise<ReadSession> {
  return new Promise((resolve, reject) => {
    readings.set(incoming, { resolve, reject });
    // The middleware needs a response, though nothing is sent with this one.
    reader(incoming, new ServerResponse(incoming));
  });
}
