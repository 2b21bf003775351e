/** What the threads of a process are to do. */
export interface Plan {
  /** Which adapter they use. */
  readonly adapter: "node" | "deno" | "bun";
  /** How many there are besides the main thread. */
  readonly threads: number;
  /** Whether they share a port. */
  readonly reusePort: boolean;
}
