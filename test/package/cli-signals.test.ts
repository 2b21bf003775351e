// How the command line ends on the signals of POSIX.
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { open, startEcho } from "../support/echo-program.js";
import { killPrograms } from "../support/program.js";

afterEach(killPrograms);

describe("wsimd echo", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("closes with 1001 on %s and exits with 0", async (signal) => {
    const { echo, url } = await startEcho();
    const sockets = await Promise.all([open(url), open(url)]);
    const closed = Promise.all(sockets.map((socket) => once(socket, "close")));
    echo.signal(signal);
    expect((await closed).map(([code]) => code)).toEqual([1001, 1001]);
    expect(await echo.exit).toEqual({ code: 0, signal: null });
    expect(echo.stdout).toBe(`listening on ${url}\n`);
    expect(echo.stderr).toBe("");
  });

  test("dies of a second signal at once", async () => {
    const { echo, port } = await startEcho();
    const deaf = connectTcp(port, "127.0.0.1");
    deaf.write(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n",
    );
    await once(deaf, "data");
    echo.signal("SIGTERM");
    // The Close that it will never answer.
    await once(deaf, "data");
    echo.signal("SIGTERM");
    expect(await echo.exit).toEqual({ code: null, signal: "SIGTERM" });
    deaf.destroy();
  });
});
