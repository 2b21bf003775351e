// Payloads as applications send them, by kind and size, the same on every machine: what the benchmark compresses.

const ENGLISH =
  "the of and to a in is it you that he was for on are with as his they be at one have this from or had by hot but some what there we can out other were all your when up use word how said an each she which do their time if will way about many then them would write like so these her long make thing see him two has look more day could go come did my sound no most number who over know water than call first people may down side been now find any new work part take get place made live where after back little only round man year came show every good me give our under name very through just form much great think say help low line before turn cause same mean differ move right boy old too does tell sentence set three want air well also play small end put home read hand port large spell add even land here must big high such follow act why ask men change went light kind off need house picture try us again animal point mother world near build self earth father".split(
    " ",
  );
const RUSSIAN =
  "и в не на я быть он с что а по это она этот к но они мы весь который из у то за свой ещё уже для только человек год время рука дело раз глаз жизнь день голова друг дом слово место лицо сторона нога дверь работа земля конец час голос город вода стол ребёнок сила отец женщина машина случай ночь мир вид ряд начало вопрос война деньги минута жена правда страна свет мать товарищ дорога окно комната".split(
    " ",
  );

/** @typedef {() => number} Random numbers from 0 to below 1 */

/**
 * @param {number} seed
 * @returns {Random}
 */
function xorshift(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/**
 * @param {Random} random
 * @param {number} limit
 */
const below = (random, limit) => Math.floor(random() * limit);

/**
 * @param {Random} random
 * @param {readonly string[]} items
 * @returns {string}
 */
const pick = (random, items) => items[below(random, items.length)] ?? "";

/**
 * @param {Random} random
 * @param {number} count
 */
const words = (random, count, from = /** @type {readonly string[]} */ (ENGLISH)) =>
  Array.from({ length: count }, () => pick(random, from)).join(" ");

/**
 * @param {Random} random
 * @param {number} count
 */
const hex = (random, count) => Array.from({ length: count }, () => below(random, 16).toString(16)).join("");

/** @param {Random} random */
const date = (random) => new Date(1.79e12 + random() * 1e10).toISOString();

/** @param {Random} random */
function event(random) {
  return `${JSON.stringify({
    id: `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`,
    type: pick(random, ["message.created", "user.updated", "order.paid", "presence.changed", "cursor.moved"]),
    timestamp: date(random),
    version: 1 + below(random, 5),
    user: {
      id: below(random, 1e6),
      name: words(random, 2),
      email: `${pick(random, ENGLISH)}.${pick(random, ENGLISH)}@example.com`,
      avatar: `https://cdn.example.com/avatars/${hex(random, 16)}.png`,
    },
    ...(random() < 0.7 && {
      data: {
        channel: pick(random, ["general", "random", "support", "dev"]),
        text: words(random, 3 + below(random, 15)),
        edited: random() < 0.2,
      },
    }),
    ...(random() < 0.4 && {
      position: { x: below(random, 2e5) / 100, y: below(random, 1e5) / 100, z: null },
    }),
  })},`;
}

/** @param {Random} random */
function graphql(random) {
  const edges = Array.from({ length: 3 }, () => ({
    cursor: hex(random, 12),
    node: {
      __typename: "Issue",
      id: hex(random, 16),
      number: below(random, 9999),
      title: words(random, 7),
      state: pick(random, ["OPEN", "CLOSED"]),
      createdAt: date(random),
      author: { __typename: "User", login: pick(random, ENGLISH) + below(random, 99) },
      labels: { nodes: [{ name: pick(random, ["bug", "feature", "question"]), color: hex(random, 6) }] },
    },
  }));
  const issues = { totalCount: 1234, pageInfo: { hasNextPage: true, endCursor: hex(random, 20) }, edges };
  return JSON.stringify({ data: { repository: { issues } } });
}

/** @param {Random} random */
function tick(random) {
  return `${JSON.stringify({
    e: "trade",
    E: 1.79e12 + below(random, 1e9),
    s: pick(random, ["BTCUSDT", "ETHUSDT", "SOLUSDT"]),
    t: below(random, 1e9),
    p: (random() * 70_000).toFixed(8),
    q: (random() * 3).toFixed(8),
    b: below(random, 1e10),
    a: below(random, 1e10),
    m: random() < 0.5,
    M: true,
  })}\n`;
}

/** @param {Random} random */
function html(random) {
  return `<div class="card mb-3" id="item-${below(random, 9999)}"><a href="/posts/${hex(random, 8)}" class="card-link"><h5 class="card-title">${words(random, 5)}</h5></a><p class="card-text text-muted">${words(random, 14)}</p><ul class="list-inline"><li class="list-inline-item">${below(random, 99)} comments</li></ul></div>\n`;
}

/**
 * @param {Random} random
 * @param {readonly string[]} from
 */
function sentence(random, from) {
  const text = words(random, 6 + below(random, 12), from);
  return `${text[0]?.toUpperCase()}${text.slice(1)}. `;
}

/** @type {Readonly<Record<string, (random: Random) => string>>} */
const TEXTS = {
  event,
  graphql,
  tick,
  english: (random) => sentence(random, ENGLISH),
  russian: (random) => sentence(random, RUSSIAN),
  html,
};

/** The kinds that compress. */
export const KINDS = Object.keys(TEXTS);

/**
 * Different messages of one kind: rotating through them, as applications do, costs more than repeating one.
 * @param {string} kind - of {@link KINDS}, or `random`
 * @param {number} bytes - of each, or a few less where a character would be cut
 * @param {number} count
 * @returns {Buffer[]}
 */
export function payloads(kind, bytes, count) {
  return Array.from({ length: count }, (_, i) => payload(kind, bytes, i));
}

/**
 * @param {string} kind
 * @param {number} bytes
 * @param {number} seed
 */
function payload(kind, bytes, seed) {
  const random = xorshift(seed * 7919 + 17);
  for (let i = 0; i < 5; i++) random();
  const make = TEXTS[kind];
  if (make === undefined) return Buffer.from(Uint8Array.from({ length: bytes }, () => below(random, 256)));
  let text = "";
  while (Buffer.byteLength(text) < bytes) text += make(random);
  const all = Buffer.from(text);
  let end = bytes;
  while (((all[end] ?? 0) & 0xc0) === 0x80) end--;
  return all.subarray(0, end);
}
