// Owns starting child processes with a time limit and ending exactly those, with everything they started. Knows nothing of VS Code.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";

/**
 * Every process this program starts carries this mark in its environment, and so does what those start in turn. A training
 * worker detaches itself from its process group on purpose; by the mark it is still found, and nobody else's process is.
 */
const mark = `TUNESMITH_E2E_MARK=${randomUUID()}`;
export const markedEnvironment = { [mark.slice(0, mark.indexOf("="))]: mark.slice(mark.indexOf("=") + 1) };

/** Process groups that are still ours. */
const groups = new Set();

const signal = (pid, name) => {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if (error.code === "ESRCH") return false; // already gone
    throw error;
  }
};

/** Ids of the living processes that carry the mark, whatever group they belong to. */
export function markedProcesses() {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(mark);
    } catch {
      return false; // gone meanwhile, or somebody else's
    }
  }).map(Number);
}

/** Ends whatever of ours still lives. Returns how many there were. */
export function endEverything() {
  for (const pid of groups) signal(-pid, "SIGKILL");
  groups.clear();
  const left = markedProcesses();
  for (const pid of left) signal(pid, "SIGKILL");
  return left.length;
}

process.once("exit", endEverything);
for (const [name, status] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]]) process.once(name, () => process.exit(status));

/** Starts a program, marked and as the head of its own process group. The caller ends it with `endGroup`. */
export function startGroup(command, args, options = {}) {
  const child = spawn(command, args, { ...options, env: { ...(options.env ?? process.env), ...markedEnvironment }, detached: true });
  if (child.pid !== undefined) groups.add(child.pid);
  return child;
}

/** Asks a group to end, waits, then insists. Resolves when no process of the group is left. */
export async function endGroup(child, graceMs = 4000) {
  if (child.pid === undefined) return;
  const deadline = Date.now() + graceMs;
  signal(-child.pid, "SIGTERM");
  while (signal(-child.pid, 0) && Date.now() < deadline) await new Promise((done) => setTimeout(done, 50));
  signal(-child.pid, "SIGKILL");
  groups.delete(child.pid);
}

/** Runs a program to its end. Rejects with what it printed on a non-zero status or after `timeoutMs`; resolves to what it printed. */
export async function runProgram(command, args, { timeoutMs, ...options }) {
  const child = startGroup(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => { output += chunk; });
  child.stderr.on("data", (chunk) => { output += chunk; });
  const ended = new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code, name) => done(code ?? name));
  });
  const called = [command, ...args].join(" ");
  try {
    const status = await within(ended, timeoutMs, called);
    if (status !== 0) throw new Error(`${called} ended with ${status}`);
    return output;
  } catch (error) {
    throw new Error(`${error.message}\n${output.slice(-4000)}`);
  } finally {
    await endGroup(child, 1000);
  }
}

/** Rejects with `what` when `promise` takes longer than `timeoutMs`. */
export function within(promise, timeoutMs, what) {
  let timer;
  const limit = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error(`${what}: not done after ${Math.round(timeoutMs / 1000)} s`)), timeoutMs); });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
