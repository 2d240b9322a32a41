/** `tunesmith devices`: where this machine can train. */
import { listDevices } from "../node/devices";

export const devices = async ({ json }: { readonly json?: boolean }): Promise<number> => {
  const found = await listDevices();
  if (json) process.stdout.write(`${JSON.stringify({ devices: found })}\n`);
  else for (const { name, usable, why, memoryBytes, selfCheck } of found) process.stdout.write(`${name}: ${usable ? "usable" : "not usable"}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB, self-check ${selfCheck}. ${why}\n`);
  return found.some(({ usable }) => usable) ? 0 : 1;
};
