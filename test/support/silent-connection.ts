// A connection that sends nothing, as browsers open them in advance.
import { once } from "node:events";
import { connect } from "node:net";
import { onTestFinished } from "vitest";

/** Opens a connection for one test. The server has it before any connection that is opened later. */
export async function silentConnection(port: number): Promise<void> {
  const connection = connect(port, "127.0.0.1");
  onTestFinished(() => void connection.destroy());
  connection.on("error", () => {});
  await once(connection, "connect");
}
