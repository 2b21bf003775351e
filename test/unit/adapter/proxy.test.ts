// `NO_PROXY`, the environment variables of proxies, and the option `proxy`.
import { describe, expect, test } from "vitest";
import { parseAddress } from "../../../src/adapter/client/address.js";
import { isExcepted } from "../../../src/adapter/client/proxy/no-proxy.js";
import { type Environment, proxyFor } from "../../../src/adapter/client/proxy/proxy.js";

describe("NO_PROXY", () => {
  /** List, servers that it names, servers that it does not. */
  const ROWS: readonly [list: string, named: readonly string[], others: readonly string[]][] = [
    ["", [], ["a.example", "127.0.0.1", "[::1]"]],
    [" , ,", [], ["a.example"]],
    ["*", ["a.example", "127.0.0.1", "[::1]"], []],
    [
      "a.example",
      ["a.example", "A.EXAMPLE", "b.a.example", "a.example."],
      ["ba.example", "example", "a.exampl"],
    ],
    ["A.Example.", ["a.example", "b.a.example"], ["ba.example"]],
    [".a.example", ["a.example", "b.a.example"], ["ba.example"]],
    ["*.a.example", ["a.example", "b.a.example"], ["ba.example"]],
    ["a.example:8080", ["a.example:8080", "b.a.example:8080"], ["a.example", "a.example:8081"]],
    ["a.example:80", ["a.example"], ["a.example:8080"]],
    ["a.example:x", [], ["a.example", "a.example:8080"]],
    ["x.example,a.example", ["a.example"], ["b.example"]],
    ["x.example a.example\tb.example", ["a.example", "b.example"], []],
    ["bücher.example", ["xn--bcher-kva.example", "bücher.example"], []],
    ["10.0.0.1", ["10.0.0.1"], ["10.0.0.10", "110.0.0.1", "a.10.0.0.1.example"]],
    ["0.0.1", [], ["10.0.0.1"]],
    ["10.0.0.1:8080", ["10.0.0.1:8080"], ["10.0.0.1"]],
    ["10.0.0.0/8", ["10.0.0.1", "10.255.255.255"], ["11.0.0.1", "a.example", "[a00::]"]],
    ["10.1.128.0/17", ["10.1.128.0", "10.1.255.9"], ["10.1.127.255"]],
    ["0.0.0.0/0", ["1.2.3.4"], ["[::1]", "a.example"]],
    ["10.0.0.1/32", ["10.0.0.1"], ["10.0.0.0"]],
    ["10.0.0.0/33,10.0.0.0/,10.0.0.0/8/8,10.0.0.0/-8,/8,a.example/8", [], ["10.0.0.1", "a.example"]],
    ["::1", ["[::1]", "[0:0::1]"], ["[::2]", "[::1:1]", "0.0.0.1"]],
    ["[::1]:8080", ["[::1]:8080"], ["[::1]"]],
    ["[::1]", ["[::1]", "[::1]:8080"], ["[::2]"]],
    ["fd00::/8", ["[fd00::1]", "[fdff:1::]"], ["[fc00::1]", "253.0.0.1"]],
    ["2001:db8:1::/48", ["[2001:db8:1:2:3:4:5:6]"], ["[2001:db8:2::]"]],
    ["[,],::::,1:2:3,[::1", [], ["[::1]", "a.example"]],
  ];

  test.each(ROWS)("%j", (list, named, others) => {
    const isNamed = (host: string): boolean => {
      const { hostname, port } = parseAddress(`ws://${host}/`);
      return isExcepted(list, hostname, port);
    };
    expect(named.filter((host) => !isNamed(host))).toEqual([]);
    expect(others.filter(isNamed)).toEqual([]);
  });
});

describe("the environment", () => {
  /** Host and port of the proxy that leads to a server. */
  const hostFor = (url: string, environment: Environment): string | undefined => {
    const proxy = proxyFor("environment", parseAddress(url), environment);
    return proxy && `${proxy.secure ? "https" : "http"} ${proxy.hostname} ${proxy.port}`;
  };

  test("names one proxy for ws and one for wss", () => {
    const environment = { http_proxy: "http://plain:3128", https_proxy: "https://secure" };
    expect(hostFor("ws://a/", environment)).toBe("http plain 3128");
    expect(hostFor("wss://a/", environment)).toBe("https secure 443");
    expect(hostFor("wss://a/", { http_proxy: "http://plain:3128" })).toBeUndefined();
    expect(hostFor("ws://a/", {})).toBeUndefined();
  });

  test("may name one for both, which comes second", () => {
    const environment = { ALL_PROXY: "any", https_proxy: "http://secure/" };
    expect(hostFor("ws://a/", environment)).toBe("http any 80");
    expect(hostFor("wss://a/", environment)).toBe("http secure 80");
  });

  test("may be written in capitals, which come second; what is empty is not there", () => {
    expect(hostFor("ws://a/", { HTTP_PROXY: "big" })).toBe("http big 80");
    expect(hostFor("ws://a/", { HTTP_PROXY: "big", http_proxy: "small" })).toBe("http small 80");
    expect(hostFor("ws://a/", { HTTP_PROXY: "big", http_proxy: "" })).toBe("http big 80");
    expect(hostFor("ws://a/", { HTTP_PROXY: "big", NO_PROXY: "a" })).toBeUndefined();
    expect(hostFor("ws://a/", { HTTP_PROXY: "" })).toBeUndefined();
  });

  test("of a CGI program has what a client sent in HTTP_PROXY, which does not count", () => {
    const environment = { REQUEST_METHOD: "GET", HTTP_PROXY: "evil" };
    expect(hostFor("ws://a/", environment)).toBeUndefined();
    expect(hostFor("ws://a/", { ...environment, http_proxy: "small" })).toBe("http small 80");
    expect(hostFor("wss://a/", { ...environment, HTTPS_PROXY: "big" })).toBe("http big 80");
  });

  test("is asked about ports, too", () => {
    const environment = { http_proxy: "p", https_proxy: "p", no_proxy: "a:443" };
    expect(hostFor("wss://a/", environment)).toBeUndefined();
    expect(hostFor("ws://a/", environment)).toBe("http p 80");
  });

  test("names no proxy for Unix sockets", () => {
    expect(hostFor("ws+unix:/run/x.sock", { all_proxy: "p" })).toBeUndefined();
  });

  test("may name a proxy of a kind that is not known: that is no reason to go without", () => {
    expect(() => hostFor("ws://a/", { all_proxy: "socks5://p:1080" })).toThrow(TypeError);
    expect(hostFor("ws://a/", { all_proxy: "socks5://p:1080", no_proxy: "a" })).toBeUndefined();
  });
});

test("a proxy's credentials are decoded", () => {
  const { authorization, hostname } =
    proxyFor("http://a%3a:b%25@[::1]:1/", parseAddress("ws://a/"), {}) ?? {};
  expect(hostname).toBe("::1");
  expect(authorization).toBe(`Basic ${Buffer.from("a::b%").toString("base64")}`);
});

test.each(["http://%zz:b@p:1/", "http://a:%zz@p:1/", "http://a:%ff@p:1/"])(
  "%s has no credentials that can be decoded",
  (url) => {
    expect(() => proxyFor(url, parseAddress("ws://a/"), {})).toThrow(/^the (user|password) in a URL must be/);
  },
);
