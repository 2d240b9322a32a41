/** `tunesmith devices`: where this machine can train. */
import { listDevices } from "../node/devices";
import { print, printJson } from "./output";

export const devices = async ({ json }: { readonly json?: boolean }): Promise<number> => {
  const found = await listDevices();
  if (json) printJson({ devices: found });
  else for (const { name, usable, why, memoryBytes, selfCheck } of found) print(`${name}: ${usable ? "usable" : "not usable"}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB, self-check ${selfCheck}. ${why}`);
  return found.some(({ usable }) => usable) ? 0 : 1;
};
