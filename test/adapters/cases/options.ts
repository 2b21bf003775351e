// Options are checked and read when they are given: what is wrong opens nothing, and what changes later changes nothing.
import assert from "node:assert/strict";
import type { Handlers } from "../../../src/adapter/socket/handlers.js";
import type { ListenOptions } from "../adapter.js";
import type { Case, Scene } from "../scene.js";
import { eventually } from "../until.js";

const ORIGIN = "https://example.org";

/** Values that no type lets through. */
const WRONG: readonly (readonly [name: string, value: unknown])[] = [
  ["origins", ORIGIN],
  ["origins", new Set([ORIGIN])],
  ["origins", null],
  ["origins", [ORIGIN, 5]],
  ["protocols", "chat"],
  ["protocols", ["chat", "chat"]],
  ["upgrade", {}],
  ["deliver", false],
  ["sequential", "no"],
  ["discardAfterClose", 0],
  ["borrow", 0],
  ["textType", null],
  ["limits", 5],
  ["limits", { maxMessageBytes: "5" }],
  ["timeouts", { pingIntervalMs: null }],
  ["kernel", null],
  ["backpressure", true],
];

export const optionCases: readonly Case[] = [
  ...WRONG.map(
    ([name, value]): Case => ({
      name: `${name} of ${shown(value)} is a TypeError that names it`,
      async run(scene) {
        const refused = { name: "TypeError", message: new RegExp(`^${name}`) };
        await assert.rejects(given(scene, { [name]: value }, {}), refused);
      },
    }),
  ),
  ...["https://a/", "https://a/path", "a", "https://", "*", "https://*.a?"].map(
    (origin): Case => ({
      name: `an origin ${shown(origin)}, which no browser sends, is a RangeError that shows it`,
      async run(scene) {
        const message = new RegExp(
          `^origins holds ${JSON.stringify(origin).replace(/[*?./]/g, "\\$&")}, but`,
        );
        await assert.rejects(scene.serve({ origins: [undefined, origin] }, {}), {
          name: "RangeError",
          message,
        });
      },
    }),
  ),
  ...[null, 5, "text", []].map(
    (value): Case => ({
      name: `${shown(value)} is neither options nor handlers`,
      async run(scene) {
        const serve = scene.adapter.serve.bind(scene.adapter);
        // Adapters of the suite spread the options, which makes an object of anything.
        if (!Array.isArray(value)) {
          await assert.rejects(async () => Reflect.apply(serve, undefined, [{}, value]), TypeError);
        }
        await assert.rejects(given(scene, { limits: value }, {}), TypeError);
        await assert.rejects(given(scene, {}, { message: value }), TypeError);
      },
    }),
  ),
  {
    name: "what is done to the options later changes nothing",
    async run(scene) {
      const origins = [ORIGIN];
      const protocols = ["chat"];
      const limits = { maxMessageBytes: 10 };
      const options = { origins, protocols, limits };
      const server = await scene.serve(options, {});
      origins.length = 0;
      protocols[0] = "news";
      limits.maxMessageBytes = 0;
      Object.assign(options, { upgrade: () => ({ status: 418 }) });
      const socket = await scene.connect(server.url, { origin: ORIGIN, protocols: ["news", "chat"] });
      assert.equal(socket.protocol, "chat");
    },
  },
  {
    name: "handlers can be methods of a class, and see their object",
    async run(scene) {
      class Base {
        readonly seen: string[] = [];
        open(): void {
          this.seen.push("open");
        }
      }
      class Derived extends Base {
        message(_socket: unknown, data: unknown): void {
          this.seen.push(String(data));
        }
      }
      const handlers = new Derived();
      const server = await scene.serve({}, handlers);
      const socket = await scene.connect(server.url);
      socket.send("text");
      await eventually(() => handlers.seen.length === 2, "the message");
      assert.deepEqual(handlers.seen, ["open", "text"]);
    },
  },
];

function given(scene: Scene, options: object, handlers: object): Promise<unknown> {
  const taken: ListenOptions = options;
  const told: Handlers = handlers;
  return scene.serve(taken, told);
}

function shown(value: unknown): string {
  return value instanceof Set ? "a Set" : JSON.stringify(value);
}
