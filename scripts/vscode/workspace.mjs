// Owns the scratch folder that a window opens: a fresh git repository with the starter data and some datasets with faults.
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "./cache.mjs";
import { runProgram } from "./processes.mjs";
import { makeScratch, removeScratch } from "./scratch.mjs";

/** Makes the folder. `remove` deletes it with everything that runs wrote into it. */
export async function makeWorkspace() {
  const scratch = makeScratch("workspace");
  const folder = join(scratch, "experiment");
  cpSync(join(checkout, "test", "vscode", "fixtures", "workspace"), folder, { recursive: true });
  for (const name of ["train.jsonl", "heldout.jsonl", "starter.tune.json"]) if (existsSync(join(checkout, "starter", name))) cpSync(join(checkout, "starter", name), join(folder, name));
  const git = (...args) => runProgram("git", ["-c", "user.name=Test", "-c", "user.email=test@example.com", ...args], { cwd: folder, timeoutMs: 30_000 });
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", ".");
  await git("commit", "--quiet", "--message", "Start");
  return { folder, remove: () => removeScratch(scratch) };
}
