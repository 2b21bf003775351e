// The warnings of the process.
import type { Scene } from "../scene.js";

/** The warnings of the process from now on. */
export function warnings(scene: Scene): Error[] {
  const seen: Error[] = [];
  const onWarning = (warning: Error): void => {
    seen.push(warning);
  };
  process.on("warning", onWarning);
  scene.after(() => process.off("warning", onWarning));
  return seen;
}
