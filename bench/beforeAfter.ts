/** The starter's run and the fine-tune of SmolLM2 by an earlier commit and by this checkout, in turn: whole commands, from their start to their end. The commit is built in a git worktree of its own, which is removed afterwards. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { FINETUNES, ownRun, tunesmith, type Tuned, withWorkspace } from "./finetune";
import { type Section, withMachine } from "./processes";
import { range, table } from "./results";

/** The commit before the engine's work began. */
const COMMIT = process.env.TUNESMITH_BENCH_BEFORE ?? "391c2dc";
const checkout = resolve(__dirname, ".."), git = (...args: string[]): string => execFileSync("git", ["-C", checkout, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();

/** Why it cannot be measured here; undefined: it can. */
export function beforeMissing(): string | undefined {
  try {
    git("cat-file", "-e", `${COMMIT}^{commit}`);
    return undefined;
  } catch {
    return `the commit ${COMMIT} is not in this checkout`; // A shallow clone, or no git at all: there is nothing to compare with.
  }
}

/** Builds the commit and answers with its program. */
function build(folder: string): string {
  git("worktree", "add", "--detach", folder, COMMIT);
  symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
  execFileSync(process.execPath, ["scripts/build.mjs", "--production"], { cwd: folder, stdio: "ignore" });
  return join(folder, "dist", "cli.js");
}

/** Seconds of `npm start` without its build. */
function starterSeconds(program: string): number {
  const folder = mkdtempSync(join(tmpdir(), "tunesmith-starter-"));
  try {
    const began = performance.now();
    tunesmith(program, folder, "starter");
    return (performance.now() - began) / 1000;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const measureBeforeAfter = (model: string): Promise<Section> => withMachine("before and after", async () => {
  const parent = mkdtempSync(join(tmpdir(), "tunesmith-before-")), earlier = join(parent, "checkout");
  try {
    const before = build(earlier), after = join(checkout, "dist", "cli.js"), starter = { before: [] as number[], after: [] as number[] }, tuned = { before: [] as Tuned[], after: [] as Tuned[] };
    await withWorkspace(model, (workspace) => {
      for (let round = 0; round < FINETUNES; round++) {
        for (const [when, program] of [["before", before], ["after", after]] as const) {
          for (let run = 0; run < 3; run++) starter[when].push(starterSeconds(program));
          const one = ownRun(workspace, { device: undefined }, program);
          tuned[when].push(one);
          console.log(`${when}: starter ${range(starter[when])} s, fine-tune ${one.seconds.toFixed(1)} s`);
        }
      }
    });
    const seconds = ({ before: a, after: b }: { before: number[]; after: number[] }): string[] => [range(a, 1), range(b, 1), `${(Math.min(...a) / Math.min(...b)).toFixed(2)}`];
    const of = (figure: (run: Tuned) => number): { before: number[]; after: number[] } => ({ before: tuned.before.map(figure), after: tuned.after.map(figure) });
    return [
      `Commit ${git("rev-parse", "--short", COMMIT)} and ${git("rev-parse", "--short", "HEAD")}; whole commands, from start to end; least before over least after.`, "",
      table(["", "before", "after", "times as fast"], [
        ["`npm start` without install and build: tunes the starter base and answers, s", ...seconds(starter)], ["`tunesmith train`, SmolLM2-135M, 256 Alpaca rows, s", ...seconds(of((run) => run.seconds))],
        ["the same to its first finished step, s", ...seconds(of((run) => run.firstStepAt))],
      ]), "",
      `Held-out NLL of the fine-tune: ${tuned.before[0]!.nll.toFixed(5)} before, ${tuned.after[0]!.nll.toFixed(5)} after.`,
    ].join("\n");
  } finally {
    git("worktree", "remove", "--force", earlier);
    rmSync(parent, { recursive: true, force: true });
  }
});
