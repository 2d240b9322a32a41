/** Devices from the command line, in processes of their own: what is listed, and a run and an answer on WebGPU (through SwiftShader where there is no graphics card). */
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { runScript } from "../../src/node/processes";
import { type RunEvent } from "../../src/core/train/events";
import { hasSwiftShader, swiftShaderEnvironment } from "../swiftShader";

const cli = resolve("dist/cli.js"), starter = resolve("starter");
const root = mkdtempSync(join(tmpdir(), "tunesmith-devices-"));

/** stdout, and how it ended where that was not well. */
const tunesmith = (args: readonly string[], environment: NodeJS.ProcessEnv): ReturnType<typeof runScript> => runScript(cli, args, { timeoutMs: 120_000, environment, folder: root });
const eventsOf = (run: string): RunEvent[] => readFileSync(join(root, ".tunesmith", "runs", run, "journal.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as RunEvent);
const newest = (): string => readdirSync(join(root, ".tunesmith", "runs")).sort().at(-1)!;
const short = ["train", "--data", join(root, "few.jsonl"), "--set", "max_steps=3", "--set", "eval_fraction=0", "--set", "batch_size=2", "--set", "lora.lora_dropout=0.1"];
writeFileSync(join(root, "few.jsonl"), readFileSync(join(starter, "train.jsonl"), "utf8").split("\n").slice(0, 12).join("\n"));
/** No adapter at all. */
const bare = { VK_ICD_FILENAMES: "/nonexistent", LD_LIBRARY_PATH: "" };

describe.skipIf(process.platform !== "linux")("without a graphics adapter", () => {
  test("every device is listed with a reason", async () => {
    const { devices } = JSON.parse((await tunesmith(["devices", "--json"], { ...bare, TUNESMITH_CUDA: root })).stdout) as { devices: { name: string; usable: boolean; why: string; selfCheck: string; memoryBytes: number | null }[] };
    expect(devices.map(({ name, usable, selfCheck }) => [name, usable, selfCheck])).toEqual([
      ["cpu", true, "passed"], ["cuda", false, "not run"], ["webgpu", false, "not run"], ["directml", false, "not run"], ["coreml", false, "not run"],
    ]);
    expect(devices[0]!.memoryBytes).toBeGreaterThan(2 ** 28);
    expect(devices[1]!.why).toContain(`names ${root}, where libonnxruntime_providers_shared.so and libonnxruntime_providers_cuda.so is missing`);
    expect(devices[2]!.why).toContain("WebGPU finds no graphics adapter. It needs a Vulkan driver");
  });

  test("a run takes the CPU and says why; one that names WebGPU fails with the reason", async () => {
    expect((await tunesmith(short, bare)).ended).toBeUndefined();
    expect(eventsOf(newest()).find(({ event }) => event === "device")).toMatchObject({ device: "cpu", why: expect.stringMatching(/^On the CPU: no graphics device is usable here/), others: [{ device: "cuda" }, { device: "webgpu" }] });
    expect((await tunesmith([...short, "--device", "webgpu"], bare)).ended).toBe("it ended with status 2");
    expect(eventsOf(newest()).at(-1)).toMatchObject({ event: "end", status: "failed", error: { code: "DEVICE_UNUSABLE", what: expect.stringContaining("WebGPU finds no graphics adapter") } });
  });
});

describe.skipIf(!hasSwiftShader)("WebGPU", () => {
  const environment = swiftShaderEnvironment();

  test("is listed as usable", async () => {
    const { devices } = JSON.parse((await tunesmith(["devices", "--json"], environment)).stdout) as { devices: { name: string; usable: boolean; selfCheck: string }[] };
    expect(devices.find(({ name }) => name === "webgpu")).toMatchObject({ usable: true, selfCheck: "passed" });
  });

  test("trains as the CPU does, and what it trained answers on both alike", async () => {
    await tunesmith([...short, "--device", "cpu"], bare);
    const onCpu = eventsOf(newest());
    expect((await tunesmith([...short, "--device", "webgpu"], environment)).ended).toBeUndefined();
    const run = newest(), events = eventsOf(run), device = events.find(({ event }) => event === "device");
    expect(device).toMatchObject({ device: "webgpu", why: expect.stringMatching(/^On webgpu: its first step agrees with the CPU's/) });
    expect(device).toHaveProperty("check.gradientDifference", expect.closeTo(0, 4));
    const losses = (from: RunEvent[]): number[] => from.flatMap((event) => (event.event === "step" ? [event.loss] : []));
    expect(losses(events)).toHaveLength(3);
    losses(events).forEach((loss, i) => expect(loss).toBeCloseTo(losses(onCpu)[i]!, 4));
    expect(JSON.parse(readFileSync(join(root, ".tunesmith", "runs", run, "run.json"), "utf8"))).toMatchObject({ device: "webgpu", config: { device: "webgpu" } });

    const ask = ["generate", "--adapter", run, "--compare", "--prompt", "What is the capital of France?", "--max-tokens", "4", "--json"];
    const answers = await Promise.all([tunesmith([...ask, "--device", "cpu"], bare), tunesmith([...ask, "--device", "webgpu"], environment)]);
    const [cpu, webgpu] = answers.map(({ stdout }) => (JSON.parse(stdout) as { answers: { ids: number[] }[] }).answers.map(({ ids }) => ids));
    expect(webgpu).toHaveLength(2);
    expect(webgpu).toEqual(cpu);
  });

  test("is weighed against the CPU where a run leaves the choice open", async () => {
    expect((await tunesmith(short, environment)).ended).toBeUndefined();
    const device = eventsOf(newest()).find(({ event }) => event === "device") as RunEvent & { event: "device" };
    expect(device.check!.seconds > device.check!.cpuSeconds ? "cpu" : "webgpu").toBe(device.device);
  });
});
