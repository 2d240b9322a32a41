/** processes.ts: what a worker's environment lacks, and when a process counts as gone. */
import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { isProcessAlive, processStart, trainingEnvironment, workerEnvironment } from "../../src/node/processes";

test("a worker is plain Node: nothing of the editor's, no telemetry, everything else", () => {
  expect(workerEnvironment({ PATH: "/bin", VSCODE_PID: "1", VSCODE_IPC_HOOK: "x", ELECTRON_NO_ATTACH_CONSOLE: "1", NODE_OPTIONS: "--require /x/ms-vscode.js-debug/bootloader.js" }))
    .toEqual({ PATH: "/bin", ELECTRON_RUN_AS_NODE: "1", ORT_DISABLE_TELEMETRY: "1" });
  expect(workerEnvironment({ NODE_OPTIONS: "--max-old-space-size=4096" })).toMatchObject({ NODE_OPTIONS: "--max-old-space-size=4096" });
});

test("a worker that trains keeps its memory between steps, unless its person says otherwise", () => {
  expect(trainingEnvironment({})).toMatchObject({ MALLOC_MMAP_MAX_: "0", GLIBC_TUNABLES: "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0", ORT_DISABLE_TELEMETRY: "1" });
  expect(trainingEnvironment({ MALLOC_MMAP_MAX_: "65536" })).toMatchObject({ MALLOC_MMAP_MAX_: "65536" });
});

test("a process lives until it ends, even while nobody has collected it", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  expect(isProcessAlive(child.pid!)).toBe(true);
  expect(processStart(child.pid!)).toBe(processStart(child.pid!));
  if (process.platform === "linux") expect(processStart(child.pid!)).not.toBe(processStart(process.pid));
  child.kill("SIGKILL");
  await new Promise((settle) => child.once("exit", settle));
  expect(isProcessAlive(child.pid!)).toBe(false);
});

test.skipIf(process.platform !== "linux")("a zombie is gone", async () => {
  // The shell starts a child and has become a program that never waits for it before the child ends.
  const parent = spawn("sh", ["-c", "sleep 1 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  const pid = await new Promise<number>((settle) => parent.stdout.setEncoding("utf8").once("data", (text: string) => settle(Number(text))));
  await expect.poll(() => isProcessAlive(pid)).toBe(false);
  expect(() => process.kill(pid, 0)).not.toThrow();
  parent.kill("SIGKILL");
});
