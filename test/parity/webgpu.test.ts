/** WebGPU through the C API, on SwiftShader where there is no graphics card: a golden step, and each trap of the way (all of them silent) with a test that would catch it. */
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { input, matmul, mul, neg, scalar, sum } from "../../src/core/graph/graph";
import { lower } from "../../src/core/graph/lower";
import { lowerForDevice } from "../../src/core/graph/lowerDevice";
import { type OnnxGraph, type OnnxNode, writeOnnx } from "../../src/core/graph/onnx";
import { prepareSession } from "../../src/core/graph/session";
import { loadModel } from "../../src/core/model/weights/weights";
import { loadAdapter } from "../../src/core/model/adapter/adapter";
import { type Device, type Resident, type Session, type Tensor } from "../../src/core/runtime";
import { makeBatch } from "../../src/core/text/batch";
import { loraTrainable, type Trainable } from "../../src/core/train/graphs";
import { type StepMaker, stepMaker } from "../../src/core/train/stepMaker";
import { SessionCache } from "../../src/core/train/stepper";
import { type DeviceRuntime, openDevice, recording } from "../../src/node/device/deviceRuntime";
import { providers } from "../../src/node/device/open";
import { openOrtApi } from "../../src/node/device/ortApi";
import { openFolder } from "../../src/node/files";
import { createOrtRuntime } from "../../src/node/ort";
import { hasShared, shared } from "../shared";
import { hasSwiftShader } from "../swiftShader";
import { testEnvironment } from "../testRuntime";
import { goldenExamples, readGolden, relativeL2 } from "./golden";
import { elsewhere, loggedNodes } from "./placement";

const floats = (...values: number[]): { dtype: "float32"; dims: number[]; data: Float32Array } => ({ dtype: "float32", dims: [values.length], data: Float32Array.from(values) });
const doubled = { y: mul(input("x", [2]), scalar(2)) };

describe.skipIf(!hasSwiftShader)("WebGPU", { timeout: 120_000 }, () => {
  const warnings: string[] = [], folder = mkdtempSync(join(tmpdir(), "tunesmith-webgpu-"));
  let runtime: DeviceRuntime, device: Device;
  beforeAll(async () => {
    runtime = await openDevice(testEnvironment(), providers.webgpu, { onWarning: (message) => warnings.push(message) });
    device = runtime.graphics;
  });
  afterAll(() => runtime.close());

  describe.skipIf(!hasShared)("a training step of a golden model", () => {
    const at = (...parts: string[]): string => shared("golden", "arch", "llama", ...parts);
    let model: Awaited<ReturnType<typeof loadModel>>, trainable: Trainable, parameters: Float32Array;
    beforeAll(async () => {
      model = await loadModel(openFolder(at("base")));
      const adapter = await loadAdapter(openFolder(at("adapter_init")), { config: model.config, name: "llama" });
      [trainable, parameters] = [loraTrainable(model, adapter.targets), adapter.parameters];
    });
    const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };
    const batches = (step: number): ReturnType<typeof makeBatch>[] => [makeBatch(goldenExamples(readGolden(at("batches.safetensors")), step).map((example) => [example]))];
    const start = (on: Awaited<ReturnType<typeof createOrtRuntime>>, weights = at("base")): { steps: StepMaker; close: () => Promise<void> } => {
      const sessions = new SessionCache(on, weights), zeros = (): Float32Array => new Float32Array(parameters.length);
      const steps = stepMaker({ sessions, trainable, config: model.config, optimizer }, { parameters, m: zeros(), v: zeros(), updates: 0 }, on.graphics);
      return { steps, close: async () => { await sessions.close(); steps.release(); } };
    };

    test("runs in every node on the device, as the session's own log says", async () => {
      const logged = await openDevice(testEnvironment(), providers.webgpu, { logTo: join(folder, "log"), replay: false }), { steps, close } = start(logged);
      await steps.propose(batches(0), 1e-3);
      await steps.accept();
      await close();
      await logged.close();
      const nodes = loggedNodes(folder, "log");
      expect(nodes.length).toBeGreaterThan(200);
      expect(nodes.filter(elsewhere)).toEqual([]);
    });

    test("replayed steps follow the CPU's, a step that is not accepted leaves no trace, and weights may be links", async () => {
      const linked = join(folder, "linked");
      mkdirSync(linked);
      for (const name of readdirSync(at("base"))) symlinkSync(at("base", name), join(linked, name));
      const cpu = start(await createOrtRuntime({ threads: 1 })), gpu = start(runtime, linked);
      await gpu.steps.propose(batches(3), 1);
      for (let step = 0; step < 4; step++) {
        // One shape, so that what was recorded in the first steps is replayed in the last.
        const [expected, actual] = [await cpu.steps.propose(batches(0), 5e-3), await gpu.steps.propose(batches(0), 5e-3)];
        expect(actual.loss).toBeCloseTo(expected.loss, 4);
        expect(actual.gradNorm / expected.gradNorm).toBeCloseTo(1, 4);
        await Promise.all([cpu.steps.accept(), gpu.steps.accept()]);
      }
      const [expected, actual] = [cpu.steps.state(), gpu.steps.state()];
      for (const name of ["parameters", "m", "v"] as const) expect(relativeL2(actual[name], expected[name]), name).toBeLessThan(1e-4);
      expect(actual.updates).toBe(4);
      await Promise.all([cpu.close(), gpu.close()]);
      expect(warnings).toEqual([]);
    });
  });

  describe("replaying", () => {
    /** total ← total + x in place, and y = −total, by nodes written by hand. */
    const graph = (nodes: OnnxNode[]): { model: OnnxGraph; session: { inputs: OnnxGraph["inputs"]; outputs: OnnxGraph["outputs"] } } => {
      const vector = { dtype: "float32" as const, dims: [2] };
      const inputs = [{ name: "total", ...vector }, { name: "x", ...vector }], outputs = [{ name: "next", ...vector }, { name: "y", ...vector }];
      return { model: { nodes, inputs, outputs, constants: [{ name: "at", dtype: "int64", dims: [1, 1], data: BigInt64Array.of(0n) }, { name: "zero", dtype: "int64", dims: [1], data: BigInt64Array.of(0n) }, { name: "one", dtype: "int64", dims: [1], data: BigInt64Array.of(1n) }], weights: [] }, session: { inputs, outputs } };
    };
    const run = async (nodes: OnnxNode[], steps: number): Promise<{ total: number[]; ys: number[][] }> => {
      const { model, session: { inputs, outputs } } = graph(nodes), total = device.resident(Float32Array.of(0, 0)), ys: number[][] = [];
      const session = await runtime.createSession(writeOnnx(model), { device: { inputs: inputs as never, outputs, weights: [], residents: { total, next: total } } });
      for (let i = 1; i <= steps; i++) ys.push([...(await session.run({ x: floats(i, 2 * i) })).y!.data as Float32Array]);
      const values = [...total.read()];
      await session.release();
      total.release();
      return { total: values, ys };
    };
    const expected = { total: [15, 30], ys: [[-1, -2], [-3, -6], [-6, -12], [-10, -20], [-15, -30]] };
    const sums: OnnxNode[] = [{ op: "Add", inputs: ["total", "x"], outputs: ["s"] }, { op: "Neg", inputs: ["s"], outputs: ["y"] }];

    test("in place, with other inputs each time", async () => {
      warnings.length = 0;
      expect(await run([...sums, { op: "Neg", inputs: ["y"], outputs: ["next"] }], 5)).toEqual(expected);
      expect(warnings).toEqual([]);
    });

    test.each<[string, OnnxNode[]]>([
      ["an output kept by an Identity, which is a copy and is not replayed", [...sums, { op: "Identity", inputs: ["s"], outputs: ["next"] }]],
      ["ScatterND, which copies its input first", [...sums, { op: "Neg", inputs: ["y"], outputs: ["back"] }, { op: "Slice", inputs: ["back", "zero", "one"], outputs: ["part"] }, { op: "ScatterND", inputs: ["back", "at", "part"], outputs: ["next"] }]],
    ])("%s: the results are right all the same, for the difference is noticed", async (_name, nodes) => {
      warnings.length = 0;
      expect(await run(nodes, 5)).toEqual(expected);
      expect(warnings).toEqual([expect.stringMatching(/^Replayed steps differ from others by \S+% on webgpu/)]);
    });
  });

  test("the lowering leaves neither trap in a graph: outputs are written by what makes them, and nothing wider than a shader's buffers", () => {
    const x = input("x", [2, 4]), { graph } = lowerForDevice({ y: mul(x, x), sum: sum(x, 1), same: neg(neg(x)) }, device);
    expect(graph.nodes.filter(({ op }) => op === "Identity" || op === "ScatterND")).toEqual([]);
    expect(lower({ y: mul(x, x) }).nodes.some(({ op }) => op === "Identity")).toBe(true);
  });

  test("every option is one that the library reads: a senseless value is refused", async () => {
    for (const key of [...Object.keys(providers.webgpu.options), ...Object.keys(recording.webgpu)]) {
      await expect(openDevice(testEnvironment(), { name: "webgpu", options: { ...providers.webgpu.options, [key]: "senseless" } }), key).rejects.toMatchObject({ code: "DEVICE_UNUSABLE" });
    }
  });

  test("a node without a kernel on the device is an error, not a silent copy to the CPU and back", async () => {
    const x = input("x", [1, 2, 3]), w = input("w", [1, 3, 2]);
    const fused = lower({ y: matmul(x, w, { transposeA: true, transposeB: true }) });
    expect(fused.nodes[0]!.op).toBe("FusedMatMul");
    await expect(runtime.createSession(writeOnnx(fused), { device: { inputs: fused.inputs, outputs: fused.outputs, weights: [] } })).rejects.toMatchObject({ code: "DEVICE_UNUSABLE", what: expect.stringContaining("fallback to CPU EP has been explicitly disabled") });
  });

  test("a device that has no memory for what a graph computes is an error with a next step, in the run and for what stays there, and computes on afterwards", async () => {
    // A block larger than SwiftShader gives at once; a card that is full answers alike: the buffer is invalid for whoever uses it.
    const wide = 33_000, ones = (dims: number[]): Tensor => ({ dtype: "float32", dims, data: new Float32Array(wide).fill(1) });
    const session = await prepareSession(runtime, { y: sum(neg(mul(input("a", [wide, 1]), input("b", [1, wide]))), 1) }), refused = { code: "OUT_OF_MEMORY", what: expect.stringMatching(/^The device "webgpu" has no memory left for this/), next: expect.stringContaining("batch_size") };
    await expect(session.run({ a: ones([wide, 1]), b: ones([1, wide]) })).rejects.toMatchObject(refused);
    await session.release();
    const again = await prepareSession(runtime, doubled);
    expect([...(await again.run({ x: floats(1, 2) })).y!.data as Float32Array]).toEqual([2, 4]);
    await again.release();
  });

  test("the library's other version is refused before a function of it is called", () => {
    expect(() => openOrtApi({ expected: "1.29.0" })).toThrowError(expect.objectContaining({ code: "DEVICE_UNUSABLE", what: "The ONNX Runtime library is version 1.30.0; graphics devices need 1.29.0." }));
  });

  test("calls run on stacks that graphics drivers do not overrun", () => {
    expect(koffi.config()).toMatchObject({ sync_stack_size: 16 << 20, async_stack_size: 16 << 20 });
  });

  test("what would be a fault is an ordinary error: use after release, use while running, wrong names and sizes", async () => {
    const environment = testEnvironment(), session = environment.createSession(writeOnnx(lower(doubled)), { provider: providers.webgpu });
    const x = session.tensor("float32", [2]), y = session.tensor("float32", [2]);
    expect(() => environment.write(Float32Array.of(1, 2, 3), x)).toThrow("12 bytes do not fit a device tensor of 8");
    session.bind("input", "x", x);
    session.bind("output", "y", y);
    const running = session.run();
    expect(() => session.bind("input", "x", x)).toThrow("a device session is used while it runs");
    await expect(session.run()).rejects.toThrow("a device session is used while it runs");
    await running;
    x.release();
    x.release();
    await expect(session.run()).rejects.toThrow("a device tensor is used after its release");
    expect(() => environment.write(Float32Array.of(1, 2), x)).toThrow("a device tensor is used after its release");
    y.release();
    const again = session.run().catch(() => "refused");
    await session.release();
    await session.release();
    expect(await again).toBe("refused");
    await expect(session.run()).rejects.toThrow("a device session is used after its release");
  });

  test("results outlive the session and later runs, the event loop goes on meanwhile, and nothing grows", async () => {
    let turns = 0, session: Session | undefined = await prepareSession(runtime, doubled);
    const counting = setInterval(() => turns++, 1), kept = await session.run({ x: floats(1, 2) });
    for (let i = 0; i < 50; i++) await session.run({ x: floats(i, i) });
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 1000; i++) await session.run({ x: floats(i, i) });
    clearInterval(counting);
    expect(process.memoryUsage().rss - before).toBeLessThan(30 << 20);
    await session.release();
    session = undefined;
    expect([...kept.y!.data as Float32Array]).toEqual([2, 4]);
    expect(turns).toBeGreaterThan(2);
  });

  test("a weight is on the device once, however many sessions read it, and its memory comes back", async () => {
    const resident: Resident = device.resident(Float32Array.of(1, 2, 3));
    expect([...resident.read()]).toEqual([1, 2, 3]);
    resident.release();
    expect(() => resident.read()).toThrow("a device tensor is used after its release");
  });
});
