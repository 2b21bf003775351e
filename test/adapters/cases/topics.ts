// Cases: topics of a server's sockets.
import assert from "node:assert/strict";
import type { Socket } from "../../../src/adapter/socket/handlers.js";
import { masked, type RawPeer } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { eventually, turns } from "../until.js";

export const topicCases: readonly Case[] = [
  {
    name: "a message to a topic reaches its subscribers and nobody else",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({}, recorder);
      const peers = [await scene.client(server), await scene.client(server), await scene.client(server)];
      const [first, second, third] = [...server.connections.values()];
      assert.ok(first && second && third);
      assert.equal(first.subscribe("news"), true);
      assert.equal(first.subscribe("news"), false);
      assert.equal(second.subscribe("news"), true);
      assert.equal(third.subscribe("new"), true);
      assert.deepEqual(first.topics, ["news"]);
      assert.equal(server.subscriberCount("news"), 2);
      assert.deepEqual(new Set(server.subscribers("news")), new Set([first, second]));
      assert.equal(server.publish("news", "a"), 2);
      assert.equal(server.publish("news", Buffer.from("b"), { type: "text", except: first }), 1);
      assert.equal(server.publish("nobody", "c"), 0);
      await peers[0]?.expect("81 01 'a'");
      await peers[1]?.expect("81 01 'a' 81 01 'b'");
      assert.equal(second.unsubscribe("news"), true);
      assert.equal(second.unsubscribe("news"), false);
      assert.equal(server.publish("news", new Uint8Array(1)), 1);
      await peers[0]?.expect("82 01 00");
      await turns();
      assert.deepEqual(
        peers.map((peer) => peer.byteLength),
        [0, 0, 0],
      );
    },
  },
  {
    name: "all that is published and sent in a turn arrives in the order of the calls, and in one write",
    async run(scene) {
      const recorder = new Recorder({
        message: (socket) => {
          server.publish("a", "1");
          socket.send("2");
          server.publish("b", "3");
          server.broadcast("4");
          server.publish("a", "5");
        },
      });
      const server = await scene.serve({}, recorder);
      const peers = [await scene.client(server), await scene.client(server), await scene.client(server)];
      const [first, second, third] = [...server.connections.values()];
      for (const socket of [first, second]) socket?.subscribe("a");
      for (const socket of [first, third]) socket?.subscribe("b");
      await turns();
      const before = peers.map((peer) => peer.reads);
      await peers[0]?.write(masked("81 01 | 'm'"));
      const [all, ofA, ofB] = peers;
      await all?.expect("81 01 '1' 81 01 '2' 81 01 '3' 81 01 '4' 81 01 '5'");
      await ofA?.expect("81 01 '1' 81 01 '4' 81 01 '5'");
      await ofB?.expect("81 01 '3' 81 01 '4'");
      assert.deepEqual(
        peers.map((peer, i) => peer.reads - (before[i] ?? 0)),
        [1, 1, 1],
      );
    },
  },
  {
    name: "subscribing and unsubscribing take effect where they are called",
    async run(scene) {
      const server = await scene.serve({}, new Recorder());
      const peer = await scene.client(server);
      const other = await scene.client(server);
      const [socket, another] = [...server.connections.values()];
      another?.subscribe("t");
      await turns();
      server.publish("t", "before");
      socket?.subscribe("t");
      server.publish("t", "while");
      socket?.unsubscribe("t");
      server.publish("t", "after");
      await peer.expect("81 05 'while'");
      await other.expect("81 06 'before' 81 05 'while' 81 05 'after'");
      await turns();
      assert.equal(peer.byteLength, 0);
    },
  },
  {
    name: "a socket that is gone has left its topics, whose names the handler close still sees",
    async run(scene) {
      const seen: unknown[] = [];
      const server = await scene.serve(
        {},
        new Recorder({
          open: (socket) => void socket.subscribe("t"),
          close: (socket: Socket) => {
            seen.push(socket.topics, server.subscriberCount("t"), server.publish("t", "x"));
            seen.push(socket.subscribe("u"), socket.unsubscribe("t"), socket.topics);
          },
        }),
      );
      const peer = await scene.client(server);
      await eventually(() => server.subscriberCount("t") === 1, "the subscription");
      peer.destroy();
      await eventually(() => seen.length > 0, "the end");
      assert.deepEqual(seen, [["t"], 0, 0, false, true, []]);
    },
  },
  {
    name: "names of topics and their number are checked before anything changes",
    async run(scene) {
      const server = await scene.serve({ limits: { maxTopics: 2 } }, new Recorder());
      await scene.client(server);
      const [socket] = server.connections.values();
      assert.ok(socket);
      for (const name of ["", "x".repeat(256), "é".repeat(128)]) {
        assert.throws(() => socket.subscribe(name), RangeError);
        assert.throws(() => server.publish(name, "x"), RangeError);
      }
      for (const name of [undefined, 1, "\ud800"]) {
        assert.throws(() => Reflect.apply(socket.subscribe, socket, [name]), TypeError);
        assert.throws(() => Reflect.apply(server.subscriberCount, server, [name]), TypeError);
      }
      assert.equal(socket.subscribe("é".repeat(127)), true);
      // No character has a meaning of its own.
      assert.equal(socket.subscribe("*"), true);
      assert.equal(server.publish("x", "x"), 0);
      assert.throws(() => socket.subscribe("third"), /maxTopics/);
      assert.equal(server.subscriberCount("third"), 0);
      assert.equal(socket.subscribe("*"), false);
      assert.throws(() => server.publish("*", "x", { within: -1 }), RangeError);
      assert.throws(() => Reflect.apply(server.publish, server, ["*", 1]), TypeError);
    },
  },
  {
    name: "a message may wait for others, which share its write, and nothing overtakes it",
    async run(scene) {
      const server = await scene.serve({}, new Recorder());
      const peers = [await scene.client(server), await scene.client(server)];
      const [first, second] = [...server.connections.values()];
      for (const socket of [first, second]) socket?.subscribe("t");
      await turns();
      // Longer than the test may take: it leaves because of what comes behind it.
      server.publish("t", "1", { within: 100_000 });
      await turns();
      assert.equal(peers[0]?.byteLength, 0);
      second?.send("2");
      await peers[1]?.expect("81 01 '1' 81 01 '2'");
      server.publish("t", "3");
      await peers[0]?.expect("81 01 '1' 81 01 '3'");
      await peers[1]?.expect("81 01 '3'");
      server.publish("t", "4", { within: 100_000 });
      server.publish("t", "5", { within: 1 });
      for (const peer of peers) await peer.expect("81 01 '4' 81 01 '5'");
    },
  },
  {
    name: "a subscriber that reads slowly is skipped if the server says so, and told when it can be sent to again",
    async run(scene) {
      const gaps: unknown[] = [];
      const server = await scene.serve(
        { slowSubscribers: "skip", backpressure: "queue" },
        { message() {}, gap: (socket, topic, reason) => void gaps.push([socket, topic, reason]) },
      );
      const peers: RawPeer[] = [await scene.client(server), await scene.client(server)];
      const [slow, other] = [...server.connections.values()];
      for (const socket of [slow, other]) socket?.subscribe("t");
      await turns();
      peers[0]?.stopReading();
      let sent = 0;
      const payload = new Uint8Array(60_000);
      while (server.publish("t", payload) === 2) {
        sent++;
        await peers[1]?.expect("82 7e ea 60 00*60000");
      }
      await peers[1]?.expect("82 7e ea 60 00*60000");
      assert.ok((slow?.bufferedAmount ?? 0) <= 1 << 20);
      assert.deepEqual(gaps, []);
      peers[0]?.read();
      for (let i = 0; i < sent; i++) await peers[0]?.expect("82 7e ea 60 00*60000");
      await eventually(() => gaps.length > 0, "the gap");
      assert.deepEqual(gaps, [[slow, "t", "slow"]]);
      assert.equal(server.publish("t", "again"), 2);
      await peers[0]?.expect("81 05 'again'");
    },
  },
];
