/** The weights of bases in a device's memory: one copy of each tensor for all sessions that read it, freed with the last of them. */
import { join } from "node:path";
import { bfloatsToFloats, floatsToHalves, halvesToFloats } from "../../core/model/weights/halves";
import { type StoredInput, type TensorData } from "../../core/runtime";
import { openFolder } from "../files";
import { type NativeTensor } from "./native";

export interface HeldWeights { readonly tensors: ReadonlyMap<string, NativeTensor>; release(): void }

interface Entry { readonly tensor: NativeTensor; users: number }

export class DeviceWeights {
  private readonly entries = new Map<string, Entry>();

  /** `upload` makes a tensor on the device. */
  constructor(private readonly upload: (input: StoredInput, data: TensorData) => NativeTensor) {}

  /** Reads from the files (not the library, which refuses links that leave the folder) what is not there yet. */
  async hold(folder: string, inputs: readonly StoredInput[]): Promise<HeldWeights> {
    const held: Entry[] = [], tensors = new Map<string, NativeTensor>(), { read } = openFolder(folder);
    const release = (): void => { for (const entry of held.splice(0)) this.drop(entry); };
    try {
      for (const input of inputs) {
        const key = `${join(folder, input.file)}\0${input.offset}\0${input.dtype}\0${input.dims.join()}`;
        let entry = this.entries.get(key);
        if (!entry) {
          const bytes = await read(input.file, input.offset, input.offset + input.bytes);
          this.entries.set(key, entry = { tensor: this.upload(input, converted(input, bytes)), users: 0 });
        }
        entry.users++;
        held.push(entry);
        tensors.set(input.name, entry.tensor);
      }
    } catch (error) {
      release();
      throw error;
    }
    return { tensors, release };
  }

  private drop(entry: Entry): void {
    if (--entry.users > 0) return;
    for (const [key, known] of this.entries) if (known === entry) this.entries.delete(key);
    entry.tensor.release();
  }
}

/** The bytes of a file as the device holds them. */
function converted({ storedAs, dtype }: StoredInput, bytes: Uint8Array): TensorData {
  if (storedAs === dtype || dtype === "uint4") return bytes;
  const halves = new Uint16Array(bytes.buffer), floats = storedAs === "bfloat16" ? bfloatsToFloats(halves) : halvesToFloats(halves);
  return dtype === "float32" ? floats : floatsToHalves(floats);
}
