/** What a cluster is to do. */
export interface Plan {
  readonly workers: number;
  readonly policy: "rr" | "none";
  /** Of each worker. */
  readonly maxConnections?: readonly number[];
  readonly clients?: number;
  readonly options?: object;
  readonly ca?: string;
}
