// Where the repository is.
import { fileURLToPath } from "node:url";

/** The folder of the repository, with a separator behind it. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));
