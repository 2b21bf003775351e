// How the command line ends on the signals of POSIX.
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { open, startEcho } from "../support/echo-program.js";
import { killPrograms } from "../support/program.js";

afterEach(killPrograms);

/** The processes that a process has started. */
function childrenOf(pid: number | undefined): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1");
  return children.trim().split(" ").filter(Boolean).map(Number);
}

/** Ends one of them, with no chance to say so. */
function kill(child: number | undefined): void {
  // 0 would be this process and all others of its group.
  if (child === undefined) throw new Error("the process has fewer children");
  process.kill(child, "SIGKILL");
}

/** Resolves when a process is gone. */
async function ended(pid: number): Promise<void> {
  await vi.waitUntil(() => !existsSync(`/proc/${pid}`), { timeout: 15_000 });
}

/** A connection to a server that never answers its Close frame. */
async function openDeaf(port: number): Promise<Socket> {
  const deaf = connectTcp(port, "127.0.0.1");
  deaf.write(
    "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n",
  );
  await once(deaf, "data");
  return deaf;
}

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
    const deaf = await openDeaf(port);
    echo.signal("SIGTERM");
    // The Close that it will never answer.
    await once(deaf, "data");
    echo.signal("SIGTERM");
    expect(await echo.exit).toEqual({ code: null, signal: "SIGTERM" });
    deaf.destroy();
  });
});

describe("wsimd echo --workers", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "closes the connections of all with 1001 on %s and exits with 0, also if each worker gets the signal",
    async (signal) => {
      for (const everybody of [false, true]) {
        const { echo, url } = await startEcho("--workers", "3");
        const workers = childrenOf(echo.pid);
        expect(workers).toHaveLength(3);
        const sockets = await Promise.all([open(url), open(url), open(url), open(url)]);
        const closed = Promise.all(sockets.map((socket) => once(socket, "close")));
        // As a terminal does.
        if (everybody) for (const pid of workers) process.kill(pid, signal);
        echo.signal(signal);
        expect((await closed).map(([code]) => code)).toEqual([1001, 1001, 1001, 1001]);
        expect(await echo.exit).toEqual({ code: 0, signal: null });
        expect(echo.stdout).toBe(`listening on ${url}\n`);
        expect(echo.stderr).toBe("");
        await Promise.all(workers.map(ended));
      }
    },
  );

  test("says that a worker died and goes on with the others, to the last", async () => {
    const { echo, url } = await startEcho("--workers", "2");
    const [first, second] = childrenOf(echo.pid);
    kill(first);
    await echo.complains(/\n/);
    expect(echo.stderr).toBe(`wsimd: worker ${first} ended with SIGKILL; 1 left\n`);
    (await open(url)).terminate();
    kill(second);
    expect(await echo.exit).toEqual({ code: 1, signal: null });
    expect(echo.stderr).toMatch(new RegExp(`^[^\n]+\nwsimd: worker ${second} ended with SIGKILL; 0 left\n$`));
  });

  test("ends with 0 if a worker dies when the signal comes", async () => {
    const { echo } = await startEcho("--workers", "2");
    const [first] = childrenOf(echo.pid);
    // Stopped meanwhile, it learns of both at once.
    echo.signal("SIGSTOP");
    kill(first);
    echo.signal("SIGTERM");
    echo.signal("SIGCONT");
    expect(await echo.exit).toEqual({ code: 0, signal: null });
  });

  test("dies of a second signal at once, with its workers", async () => {
    const { echo, port } = await startEcho("--workers", "2");
    const workers = childrenOf(echo.pid);
    const deaf = await openDeaf(port);
    echo.signal("SIGTERM");
    // The Close that it will never answer.
    await once(deaf, "data");
    echo.signal("SIGTERM");
    expect(await echo.exit).toEqual({ code: null, signal: "SIGTERM" });
    await Promise.all(workers.map(ended));
    deaf.destroy();
  });
});
