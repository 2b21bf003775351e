// A client component that shows how many visitors there are.
"use client";

import { useEffect, useState } from "react";

/** The number of visitors, as the server tells it. */
export function Visitors() {
  const [visitors, setVisitors] = useState<number>();

  useEffect(() => {
    let retry: ReturnType<typeof setTimeout>;
    let socket: WebSocket;
    function connect() {
      socket = new WebSocket(`${location.origin.replace("http", "ws")}/live`);
      socket.onmessage = ({ data }) => setVisitors(JSON.parse(data).visitors);
      socket.onclose = () => {
        setVisitors(undefined);
        retry = setTimeout(connect, 1000 + 4000 * Math.random());
      };
    }
    connect();
    return () => {
      clearTimeout(retry);
      socket.onclose = null;
      socket.close();
    };
  }, []);

  return <p>{visitors === undefined ? "connecting…" : `${visitors} visitors are here`}</p>;
}
