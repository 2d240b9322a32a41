/** The worker's entry: `train RUN_FOLDER [PLAN]` (detached, one run; PLAN is a ResumePlan as JSON), `playground [DEVICE]` (a child of a window) or `probe DEVICE` (tries a device and prints a line of JSON). */
import { existsSync, rmSync } from "node:fs";
import { isDeviceName } from "../node/device/names";
import { openRuntime } from "../node/device/open";
import { probeDevice } from "../node/devices";
import { createOrtRuntime } from "../node/ort";
import { askDevice } from "../project/devices";
import { type ResumePlan } from "../project/resume";
import { claimRun, socketPath } from "../project/workerFile";
import { servePlayground } from "./playground";
import { serveRun } from "./server";
import { isRunFolder, runTraining } from "./train";
import { type RunState } from "../protocol/worker";

const trainRun = async (runFolder: string, plan: ResumePlan | undefined): Promise<number> => {
  if (!isRunFolder(runFolder)) {
    console.error(`${runFolder} is not the folder of a run.`);
    return 2;
  }
  const socket = socketPath(runFolder);
  if (!(await claimRun(runFolder, socket))) {
    console.error(`Another worker trains the run in ${runFolder}.`);
    return 2;
  }
  const stop = new AbortController();
  let state: RunState = { run: runFolder.split(/[\\/]/).at(-1)!, status: "running", step: 0, steps: 0, loss: null };
  const server = await serveRun(socket, { status: () => state, stop: () => stop.abort() });
  process.on("SIGTERM", () => stop.abort());
  process.on("SIGINT", () => stop.abort());
  process.on("SIGHUP", () => {}); // A closed terminal does not end a run.
  try {
    const { status } = await runTraining({ runFolder, ...(plan && { plan }), signal: stop.signal, openRuntime: createOrtRuntime, devices: { ask: askDevice, open: openRuntime }, onState: (now) => { state = now; } });
    return status === "failed" ? 1 : 0;
  } finally {
    server.close();
    if (process.platform !== "win32" && existsSync(socket)) rmSync(socket, { force: true });
  }
};

const [kind, folder, plan] = process.argv.slice(2);
if (kind === "playground") servePlayground(() => openRuntime(isDeviceName(folder) ? folder : "cpu"));
else if (kind === "train" && folder !== undefined) {
  // Exits by itself as soon as the run has ended: a window that still asks gets its answer from the disk.
  trainRun(folder, plan === undefined ? undefined : JSON.parse(plan) as ResumePlan).then((status) => process.exit(status), (error: unknown) => { console.error(error); process.exit(1); });
} else if (kind === "probe" && isDeviceName(folder)) {
  probeDevice(folder).then((report) => { process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0)); }, (error: unknown) => { console.error(error); process.exit(1); });
} else {
  console.error("usage: worker.js train RUN_FOLDER [PLAN] | playground [DEVICE] | probe DEVICE");
  process.exit(2);
}
