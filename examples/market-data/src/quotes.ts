// What the exchange, the relay and its clients say to each other.

export interface Quote {
  readonly symbol: string;
  readonly price: number;
  readonly at: number;
}

/** A message of the relay to its clients. */
export type RelayMessage =
  | { readonly type: "snapshot"; readonly live: boolean; readonly quotes: readonly Quote[] }
  | { readonly type: "quotes"; readonly quotes: readonly Quote[] }
  | { readonly type: "upstream"; readonly live: boolean };

/** Reads what the exchange sends. @throws Error for anything else than quotes */
export function parseQuotes(text: string): Quote[] {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list) || !list.every(isQuote)) throw new Error("these are no quotes");
  return list;
}

function isQuote(value: unknown): value is Quote {
  return (
    typeof value === "object" &&
    value !== null &&
    "symbol" in value &&
    typeof value.symbol === "string" &&
    "price" in value &&
    typeof value.price === "number" &&
    "at" in value &&
    typeof value.at === "number"
  );
}
