/** What the library says of a device, as errors that a person can mend. */
import { UserError } from "../../core/errors";
import { type Provider } from "./native";
import { OrtError } from "./ortApi";

/** The library's message without its file, line and function. */
export const reasonOf = ({ message }: Error): string => message.replace(/^.*? was false\. /s, "").replace(/^\S+:\d+ /, "").split("\n")[0]!.trim().replace(/\.$/, "");

/** WebGPU gives out a buffer that it has no memory for all the same; whoever uses it hears that it is invalid. */
const NO_MEMORY = /out of memory|alloc|Invalid Buffer|max buffer size|available memory/i;

/** For errors of a device that is in use. */
export function deviceError({ name }: Provider, error: unknown): unknown {
  if (!(error instanceof OrtError)) return error;
  if (NO_MEMORY.test(error.message)) {
    return new UserError("OUT_OF_MEMORY", `The device "${name}" has no memory left for this, or gives none in pieces as large: ${reasonOf(error)}.`, "Lower batch_size or max_length, set gradient_checkpointing to true, or take the CPU (device \"cpu\").", { cause: error });
  }
  if (/device (is |was )?lost/i.test(error.message)) return new UserError("DEVICE_UNUSABLE", `The device "${name}" was lost: ${reasonOf(error)}.`, "Its driver was reset, or the step was too much for it. Try again with a lower batch_size, or take the CPU (device \"cpu\").", { cause: error });
  return error;
}

export function using<Result>(provider: Provider, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw deviceError(provider, error);
  }
}

/** For what a device is opened with. Throws OUT_OF_MEMORY and DEVICE_UNUSABLE. */
export function opening<Result>(provider: Provider, work: () => Result): Result {
  try {
    return using(provider, work);
  } catch (error) {
    if (!(error instanceof OrtError)) throw error;
    if (/Failed to get a WebGPU adapter/.test(error.message)) throw new UserError("DEVICE_UNUSABLE", "WebGPU finds no graphics adapter.", adapterHint, { cause: error });
    throw new UserError("DEVICE_UNUSABLE", `The device "${provider.name}" says: ${reasonOf(error)}.`, "Train on another device; `tunesmith devices` lists them.", { cause: error });
  }
}

const adapterHint = process.platform === "linux" ? "It needs a Vulkan driver for the card and the loader libvulkan.so.1 (the package libvulkan1)." : "Update the graphics driver.";
