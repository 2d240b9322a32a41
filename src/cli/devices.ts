/** `tunesmith devices`: where this machine can train, and why not elsewhere. */
import { UserError } from "../core/errors";
import { type DeviceName, isDeviceName } from "../node/device/names";
import { listDevices } from "../project/devices";
import { print, printJson } from "./output";

export const devices = async ({ json }: { readonly json?: boolean }): Promise<number> => {
  const found = await listDevices();
  if (json) printJson({ devices: found });
  else for (const { name, usable, why, memoryBytes, selfCheck } of found) {
    const facts = [usable ? "usable" : "not usable", ...(memoryBytes === null ? [] : [`${(memoryBytes / 2 ** 30).toFixed(1)} GiB`]), ...(selfCheck === "not run" ? [] : [`self-check ${selfCheck}`])];
    print(`${`${name}:`.padEnd(10)}${facts.join(", ")}. ${why}`);
  }
  return found.some(({ usable }) => usable) ? 0 : 1;
};

/** What --device names; left out or "auto": where answers come from by themselves, the CPU. Throws DEVICE_UNUSABLE. */
export const deviceFrom = (name: string | undefined): DeviceName => {
  if (name === undefined || name === "auto") return "cpu";
  if (isDeviceName(name)) return name;
  throw new UserError("DEVICE_UNUSABLE", `There is no device "${name}" here.`, "`tunesmith devices` lists those that there are.");
};
