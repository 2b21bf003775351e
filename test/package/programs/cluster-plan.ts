/** What a cluster is to do. */
export interface Plan {
  readonly workers: number;
  readonly policy: "rr" | "none";
  /** Of each worker. */
  readonly maxConnections?: readonly number[];
  readonly clients?: number;
  /** Whether a worker stops accepting at its first message, so that each gets one connection. */
  readonly oneEach?: boolean;
  readonly options?: object;
  readonly ca?: string;
}
