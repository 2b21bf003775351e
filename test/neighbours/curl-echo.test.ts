// `wsimd echo` as curl sees it.
import { afterEach, expect, test } from "vitest";
import { startEcho } from "../support/echo-program.js";
import { killPrograms, Program } from "../support/program.js";

afterEach(killPrograms);

test("RFC 6455 1.3: answers curl with the accept value", async () => {
  const { port } = await startEcho();
  const curl = new Program("curl", [
    ...["--silent", "--http1.1", "--dump-header", "-", "--output", "/dev/null"],
    ...["--header", "Connection: Upgrade", "--header", "Upgrade: websocket"],
    ...["--header", "Sec-WebSocket-Version: 13"],
    ...["--header", "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw=="],
    `http://127.0.0.1:${port}/`,
  ]);
  await curl.shows(/^HTTP\/1\.1 101 [\s\S]*\r\n\r\n/);
  expect(curl.stdout).toMatch(/^sec-websocket-accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r$/im);
});

test("RFC 6455 4.4: answers a plain request of curl's with 426", async () => {
  const { port } = await startEcho();
  const curl = new Program("curl", ["--silent", "--include", `http://127.0.0.1:${port}/`]);
  expect(await curl.exit).toEqual({ code: 0, signal: null });
  expect(curl.stdout).toMatch(/^HTTP\/1\.1 426 /);
});
