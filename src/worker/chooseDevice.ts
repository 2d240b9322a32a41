/** Where a run trains: the device that it names, or the fastest whose first step agrees with the CPU's. */
import { isUserError, UserError } from "../core/errors";
import { type Runtime } from "../core/runtime";
import { type RunEvent } from "../core/train/events";
import { distrust, type FirstStepCheck } from "../core/train/firstStep";
import { type RunConfig } from "../core/train/runConfig";
import { type DeviceName, type GraphicsName, graphicsNames, isDeviceName } from "../node/device/names";
import { type DeviceReport } from "../node/devices";

export interface Devices {
  /** Tries a device in a process of its own. */
  ask(name: DeviceName): Promise<DeviceReport>;
  /** Opens it in this one. onWarning: something about it that a person should know, later. */
  open(name: DeviceName, onWarning?: (message: string) => void): Promise<Runtime>;
}

export interface DeviceWish {
  readonly wanted: RunConfig["device"];
  /** Where the run trained before it was interrupted: it goes on there if it can. */
  readonly before?: string;
  readonly devices: Devices;
  readonly check: (cpu: Runtime, device: Runtime) => Promise<FirstStepCheck>;
}

export interface DeviceChoice { readonly runtime: Runtime; readonly event: RunEvent & { event: "device" } }

interface Candidate { readonly name: GraphicsName; readonly runtime?: Runtime; readonly check?: FirstStepCheck; readonly why: string; readonly found: boolean }

/** The devices to try, asked at once, so that the answers are there when the data is. */
export const askDevices = ({ wanted, before, devices }: Pick<DeviceWish, "wanted" | "before" | "devices">): Promise<DeviceReport[]> => {
  const named = wanted === "auto" ? before : wanted;
  const names = named !== undefined && isDeviceName(named) ? [named] : graphicsNames;
  return Promise.all(names.filter((name) => name !== "cpu").map((name) => devices.ask(name)));
};

/** Throws DEVICE_UNUSABLE where the config names a device that cannot be trusted. */
export const chooseDevice = async ({ wanted, before, devices, check }: DeviceWish, reports: readonly DeviceReport[]): Promise<DeviceChoice> => {
  const cpu = await devices.open("cpu");
  if (reports.length === 0) return { runtime: cpu, event: { event: "device", device: "cpu", why: wanted === "cpu" ? "On the CPU, as the config says." : "On the CPU, as before.", others: [] } };
  const candidates: Candidate[] = [];
  for (const report of reports) candidates.push(await tried(report, devices, cpu, check));
  const trusted = candidates.filter(({ runtime }) => runtime).sort((a, b) => a.check!.seconds - b.check!.seconds), [fastest] = trusted;
  const others = (chosen: string): { device: string; why: string }[] => candidates.filter(({ name }) => name !== chosen).map(({ name, why }) => ({ device: name, why }));
  if (wanted !== "auto" && !fastest) throw new UserError("DEVICE_UNUSABLE", `The device "${wanted}" cannot train this run. ${candidates[0]!.why}`, "With device \"auto\" a run takes the CPU where nothing else will do.");

  // What was chosen once, or by name, is not weighed again.
  if (fastest && (wanted !== "auto" || before === fastest.name || fastest.check!.seconds < fastest.check!.cpuSeconds)) {
    return { runtime: fastest.runtime!, event: { event: "device", device: fastest.name, why: agreement(fastest.name, fastest.check!), check: fastest.check!, others: others(fastest.name) } };
  }
  const found = candidates.filter((candidate) => candidate.found);
  const why = fastest ? `On the CPU: ${fastest.name} agrees with it and is slower here (${pace(fastest.check!)} for a short step).`
    : found.length > 0 ? `On the CPU: ${found.map(({ name, why: reason }) => `${name}: ${reason}`).join(" ")}` : "On the CPU: no graphics device is usable here (`tunesmith devices` says why).";
  return { runtime: cpu, event: { event: "device", device: "cpu", why, ...(fastest && { check: fastest.check! }), others: others("cpu") } };
};

const tried = async ({ name, usable, why, selfCheck }: DeviceReport, devices: Devices, cpu: Runtime, check: DeviceWish["check"]): Promise<Candidate> => {
  const candidate = { name: name as GraphicsName, why, found: selfCheck !== "not run" };
  if (!usable) return candidate;
  try {
    const runtime = await devices.open(candidate.name), result = await check(cpu, runtime), reason = distrust(result);
    return reason === undefined ? { ...candidate, runtime, check: result, why: `It agrees with the CPU and needs ${pace(result)} for a short step.` } : { ...candidate, why: `It is not trusted: ${reason}.` };
  } catch (error) {
    if (!isUserError(error)) throw error;
    return { ...candidate, why: error.what };
  }
};

const seconds = (value: number): string => `${value.toPrecision(2)} s`;
const pace = ({ seconds: own, cpuSeconds }: FirstStepCheck): string => `${seconds(own)} against ${seconds(cpuSeconds)}`;
const agreement = (name: string, check: FirstStepCheck): string =>
  `On ${name}: its first step agrees with the CPU's (loss ${check.loss.toFixed(5)} and ${check.cpuLoss.toFixed(5)}, gradients within ${check.gradientDifference.toExponential(0)}), ${pace(check)} for a short one.`;
