// The rooms of the chat: their members, and the last lines that were said there.
import { PreparedMessage, type Socket } from "wsimd/node";

/** The data of a socket. */
export interface Visitor {
  readonly room: string;
  readonly name: string;
  readonly sessionId: string;
}

/** A line, as the page gets it. */
interface Line {
  readonly at: string;
  readonly name: string;
  /** Undefined for a visitor that came or left. */
  readonly text?: string;
  readonly event?: "joined" | "left";
}

interface Room {
  readonly members: Set<Socket<Visitor>>;
  readonly history: Line[];
}

const HISTORY_LINES = 50;

export class Rooms {
  readonly #rooms: ReadonlyMap<string, Room>;

  constructor(names: readonly string[]) {
    this.#rooms = new Map(names.map((name) => [name, { members: new Set(), history: [] }]));
  }

  has(name: string): boolean {
    return this.#rooms.has(name);
  }

  /** A visitor comes: it gets the history, and all members are told. */
  join(socket: Socket<Visitor>): void {
    const room = this.#room(socket);
    room.members.add(socket);
    socket.send(JSON.stringify(room.history));
    this.#tell(room, { at: now(), name: socket.data.name, event: "joined" });
  }

  /** A visitor says something. */
  say(socket: Socket<Visitor>, text: string): void {
    const room = this.#room(socket);
    const line = { at: now(), name: socket.data.name, text };
    room.history.push(line);
    if (room.history.length > HISTORY_LINES) room.history.shift();
    this.#tell(room, line);
  }

  /** A visitor leaves. The history stays. */
  leave(socket: Socket<Visitor>): void {
    const room = this.#room(socket);
    if (room.members.delete(socket)) this.#tell(room, { at: now(), name: socket.data.name, event: "left" });
  }

  #room(socket: Socket<Visitor>): Room {
    const room = this.#rooms.get(socket.data.room);
    if (room === undefined) throw new Error(`there is no room ${socket.data.room}`);
    return room;
  }

  #tell(room: Room, line: Line): void {
    // Encoded once, for all members.
    const message = new PreparedMessage(JSON.stringify([line]));
    for (const member of room.members) member.send(message);
  }
}

function now(): string {
  return new Date().toISOString();
}
