#!/usr/bin/env node
// The command `wsimd-conformance`.
import { runCommand } from "./command.js";

process.exitCode = await runCommand(process.argv.slice(2));
