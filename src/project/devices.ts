/** The devices of this machine: each is tried in a process of its own, since a fault in a graphics driver ends the process that it happens in. */
import { existsSync } from "node:fs";
import { UserError } from "../core/errors";
import { type DeviceName, graphicsNames } from "../node/device/names";
import { type DeviceReport } from "../node/devices";
import { runScript } from "../node/processes";
import { workerScript } from "./project";

/** A driver that hangs is no device. */
const TIMEOUT_MS = 60_000;

/** Opens the device in a process of its own and lets it compute. Throws WORKER_NOT_STARTED where the program is not built. */
export const askDevice = async (name: DeviceName, environment?: NodeJS.ProcessEnv): Promise<DeviceReport> => {
  const script = workerScript();
  if (!existsSync(script)) throw new UserError("WORKER_NOT_STARTED", `The worker program ${script} is missing.`, "Install Tunesmith again, or run `npm run build` in its checkout.");
  const { stdout, ended } = await runScript(script, ["probe", name], { timeoutMs: TIMEOUT_MS, ...(environment && { environment }) });
  const line = stdout.trimEnd().split("\n").at(-1);
  if (ended === undefined && line) return JSON.parse(line) as DeviceReport;
  return { name, usable: false, memoryBytes: null, selfCheck: "failed", why: `The process that tried it did not come back: ${ended ?? "it said nothing"}. Its driver may be at fault.` };
};

/** The providers of other systems that the library knows and Tunesmith does not use, and why. */
const unused: readonly DeviceReport[] = [
  { name: "directml", usable: false, memoryBytes: null, selfCheck: "not run", why: process.platform === "win32" ? "Not used: WebGPU reaches the same cards through Direct3D 12." : "Only on Windows, where WebGPU reaches the same cards." },
  { name: "coreml", usable: false, memoryBytes: null, selfCheck: "not run", why: process.platform === "darwin" ? "Not used: it cannot run a training step as one graph; WebGPU reaches the same processor through Metal." : "Only on macOS, where WebGPU reaches the same processor." },
];

/** All of them, the CPU first. */
export const listDevices = async (): Promise<DeviceReport[]> => [...(await Promise.all((["cpu", ...graphicsNames] as const).map((name) => askDevice(name)))), ...unused];
