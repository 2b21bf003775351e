// `npm run conformance`: judges wsimd and other servers and clients side by side, or the one that the arguments name.
import { existsSync } from "node:fs";
import { runCommand } from "../../conformance/command.js";
import { INTRODUCTION } from "./introduction.js";
import { SUBJECTS } from "./subjects.js";

if (!existsSync(new URL("../../dist/index.js", import.meta.url))) {
  console.error("conformance: dist/ is missing: run `npm run build` first");
  process.exitCode = 2;
} else {
  process.exitCode = await runCommand(process.argv.slice(2), {
    introduction: INTRODUCTION,
    subjects: SUBJECTS,
  });
}
