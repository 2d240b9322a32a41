/** The rate of plain large matrix products of the runtime on this machine, in a process of its own: what a step's rate is measured against. Prints GFLOP/s by the wall clock and by a processor second. */
import { stdout } from "node:process";
import { input, matmul } from "../src/core/graph/graph";
import { lower } from "../src/core/graph/lower";
import { writeOnnx } from "../src/core/graph/onnx";
import { type Tensor } from "../src/core/runtime";
import { createOrtRuntime } from "../src/node/ort";

export interface Rate { readonly wall: number; readonly processor: number }
const SIZE = 2048, RUNS = 12;

async function main(): Promise<void> {
  const dims = [SIZE, SIZE], runtime = await createOrtRuntime({ threads: Number(process.argv[2] ?? 2) });
  const session = await runtime.createSession(writeOnnx(lower({ y: matmul(input("a", dims), input("b", dims)) })));
  const random = (): Tensor => ({ dtype: "float32", dims, data: Float32Array.from({ length: SIZE * SIZE }, () => Math.random() - 0.5) });
  const feeds = { a: random(), b: random() }, work = (2 * SIZE ** 3) / 1e9, best = { wall: 0, processor: 0 };
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now(), busy = process.cpuUsage();
    await session.run(feeds);
    const { user, system } = process.cpuUsage(busy);
    best.wall = Math.max(best.wall, work / ((performance.now() - started) / 1000));
    best.processor = Math.max(best.processor, work / ((user + system) / 1e6));
  }
  await session.release();
  stdout.write(JSON.stringify(best satisfies Rate));
}

void main();
