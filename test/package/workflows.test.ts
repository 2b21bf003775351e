// The workflows are YAML, pin the actions of others, and call scripts that are there.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { ROOT } from "../support/root.js";

const FOLDER = `${ROOT}.github/workflows/`;
/** A dependency of one of the test runners. */
const yaml: { load(text: string): unknown } = createRequire(`${ROOT}test/runners/`)("js-yaml");

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Workflow {
  readonly name: string;
  readonly on: object;
  readonly permissions: object;
  readonly jobs: Readonly<
    Record<string, { readonly "timeout-minutes": number; readonly steps: readonly Step[] }>
  >;
}

function isWorkflow(value: unknown): value is Workflow {
  return typeof value === "object" && value !== null && "jobs" in value && "on" in value;
}

describe.each(readdirSync(FOLDER))("%s", (file) => {
  const workflow = yaml.load(readFileSync(`${FOLDER}${file}`, "utf8"));
  if (!isWorkflow(workflow)) throw new TypeError(`${file} is no workflow`);
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  test("may read the repository and no more, but for what a job asks", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
  });

  test("has jobs that end", () => {
    for (const job of Object.values(workflow.jobs)) expect(job["timeout-minutes"]).toBeGreaterThan(0);
  });

  test("pins actions by their major version", () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(action).toMatch(/^actions\/[a-z-]+@v\d+$/);
  });

  test("calls what is there", () => {
    for (const { run = "" } of steps) {
      for (const [, script = ""] of run.matchAll(/\bnpm run ([\w:]+)/g))
        expect(manifest.scripts).toHaveProperty([script]);
      for (const [program] of run.matchAll(/(?<![\w/])\.ci\/\w+|scripts\/[\w-]+\.js/g)) {
        expect(existsSync(`${ROOT}${program}`), program).toBe(true);
      }
    }
    expect(steps.some(({ run }) => run === "npm ci" || run === ".ci/run")).toBe(true);
  });
});
