/** chooseDevice.ts: which device a run gets, and what is said of the others. */
import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors";
import { type Runtime } from "../../src/core/runtime";
import { distrust, type FirstStepCheck } from "../../src/core/train/firstStep";
import { type DeviceReport } from "../../src/node/devices";
import { askDevices, chooseDevice, type DeviceWish } from "../../src/worker/chooseDevice";

const good: FirstStepCheck = { loss: 2, cpuLoss: 2.00001, gradientDifference: 1e-5, seconds: 0.1, cpuSeconds: 0.5 };
const usable = (name: string): DeviceReport => ({ name, usable: true, why: "", memoryBytes: null, selfCheck: "passed" });
const absent = (name: string): DeviceReport => ({ name, usable: false, why: "There is none.", memoryBytes: null, selfCheck: "not run" });
const crashed = (name: string): DeviceReport => ({ name, usable: false, why: "Its process was ended by SIGSEGV.", memoryBytes: null, selfCheck: "failed" });
/** Chooses among these reports; `checks` by device, an Error for one that does not open. */
const choose = async (wish: Pick<DeviceWish, "wanted" | "before">, reports: DeviceReport[], checks: Record<string, FirstStepCheck | Error> = {}): ReturnType<typeof chooseDevice> => {
  const devices: DeviceWish["devices"] = { ask: (name) => Promise.resolve(reports.find((report) => report.name === name) ?? absent(name)), open: (name) => (checks[name] instanceof Error ? Promise.reject(checks[name]) : Promise.resolve({ device: name } as Runtime)) };
  const full = { ...wish, devices, check: (_cpu: Runtime, { device }: Runtime) => Promise.resolve(checks[device] as FirstStepCheck) };
  return chooseDevice(full, await askDevices(full));
};

test("the fastest that agrees with the CPU and is faster than it", async () => {
  const { runtime, event } = await choose({ wanted: "auto" }, [usable("webgpu"), usable("cuda")], { webgpu: good, cuda: { ...good, seconds: 0.05 } });
  expect(runtime.device).toBe("cuda");
  expect(event).toMatchObject({ device: "cuda", why: "On cuda: its first step agrees with the CPU's (loss 2.00000 and 2.00001, gradients within 1e-5), 0.050 s against 0.50 s for a short one.", check: { seconds: 0.05 }, others: [{ device: "webgpu" }] });
});

test.each<[string, DeviceReport, FirstStepCheck | Error, RegExp]>([
  ["slower", usable("webgpu"), { ...good, seconds: 2 }, /^On the CPU: webgpu agrees with it and is slower here \(2\.0 s against 0\.50 s/],
  ["wrong in its loss", usable("webgpu"), { ...good, loss: 2.1 }, /webgpu: It is not trusted: its first loss is 2\.10000 where the CPU's is 2\.00001\./],
  ["wrong in its gradients", usable("webgpu"), { ...good, gradientDifference: 0.3 }, /the gradient of its first step differs from the CPU's by 30%/],
  ["not a number", usable("webgpu"), { ...good, gradientDifference: NaN }, /differs from the CPU's by NaN%/],
  ["failing", usable("webgpu"), new UserError("DEVICE_UNUSABLE", "The device ran out of memory.", ""), /webgpu: The device ran out of memory\./],
  ["crashing", crashed("webgpu"), good, /webgpu: Its process was ended by SIGSEGV\./],
  ["not there", absent("webgpu"), good, /^On the CPU: no graphics device is usable here/],
])("a device that is %s leaves a run to the CPU with the reason, and fails one that names it", async (_case, report, check, why) => {
  const { runtime, event } = await choose({ wanted: "auto" }, [report], { webgpu: check });
  expect(runtime.device).toBe("cpu");
  expect(event.why).toMatch(why);
  const named = choose({ wanted: "webgpu" }, [report], { webgpu: check });
  if (report.usable && !(check instanceof Error) && distrust(check) === undefined) expect((await named).runtime.device).toBe("webgpu");
  else await expect(named).rejects.toMatchObject({ code: "DEVICE_UNUSABLE" });
});

test("a run goes on where it was, without weighing again", async () => {
  expect((await choose({ wanted: "auto", before: "webgpu" }, [usable("webgpu"), usable("cuda")], { webgpu: { ...good, seconds: 2 } })).runtime.device).toBe("webgpu");
  expect((await choose({ wanted: "auto", before: "cpu" }, [usable("webgpu")], { webgpu: good })).event).toMatchObject({ device: "cpu", why: "On the CPU, as before." });
  expect((await choose({ wanted: "cpu" }, [usable("webgpu")], { webgpu: good })).runtime.device).toBe("cpu");
});
