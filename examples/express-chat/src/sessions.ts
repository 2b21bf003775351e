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

/** The session that an opening handshake's cookie names. It is new, without a user, if the cookie names none. */
export function sessionOf(incoming: IncomingMessage): Promise<{ id: string; user: string | undefined }> {
  return new Promise((resolve, reject) => {
    const reader = express();
    reader.use(sessions, (request: Request) =>
      resolve({ id: request.sessionID, user: request.session.user }),
    );
    reader.use((error: unknown, _request: Request, _response: Response, _next: NextFunction) =>
      reject(error),
    );
    // The middleware needs a response, though nothing is sent with this one.
    reader(incoming, new ServerResponse(incoming));
  });
}
