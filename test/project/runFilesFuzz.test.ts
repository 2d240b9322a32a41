/** Whatever stands in a run's folder or a *.tune.json, reading it gives a sound value or one coded error that names the file; a journal gives the events that are whole. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyAdapter } from "../../src/core/model/adapter/adapter";
import { readState, stateBytes } from "../../src/core/train/checkpoint";
import { freshState } from "../../src/core/train/initial";
import { parseRunConfig } from "../../src/core/train/parseConfig";
import { runConfigSchema } from "../../src/core/train/runConfig";
import { openBase } from "../../src/project/base";
import { currentEvents, readJournal } from "../../src/project/journal";
import { openProject } from "../../src/project/project";
import { createRun, foldEvents, listRuns, manifestPath, readManifest } from "../../src/project/runs";
import { isWorkerAlive, workerFilePath } from "../../src/project/workerFile";
import { asBytes, asText, memoryFolder, mutatedBytes, mutatedTree, settled } from "../mutate";
import { makeTinyBase } from "../tinyBase";
import { temporaryFolder } from "./folders";

const config = runConfigSchema.parse({ data: "rows.jsonl", lora: { r: 2, target_modules: ["q_proj"], rank_pattern: { v_proj: 3 } } });

test("*.tune.json", async () => {
  const read = (text: string): Promise<unknown> => settled(() => parseRunConfig(text, "my.tune.json"), ["CONFIG_INVALID"], /my\.tune\.json/);
  await fc.assert(fc.asyncProperty(mutatedTree(config), async ({ text }) => void await read(text)), { numRuns: 300 });
  await fc.assert(fc.asyncProperty(mutatedBytes(asBytes(config)), async (bytes) => void await read(asText(bytes))), { numRuns: 300 });
});

test("run.json and worker.json", async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "base"));
  writeFileSync(join(root, "rows.jsonl"), '{"instruction":"a","output":"b"}\n');
  const project = openProject(root), { folder, manifest } = await createRun(project, { config: { ...config, base: "base" }, configFolder: root });
  const check = async (text: string | Uint8Array): Promise<void> => {
    writeFileSync(manifestPath(folder), text);
    const read = await settled(() => readManifest(folder), ["RUN_NOT_FOUND"], /run\.json/);
    if (read) expect(typeof read.config.max_length).toBe("number");
    await listRuns(project);
  };
  await fc.assert(fc.asyncProperty(mutatedTree(manifest), ({ text }) => check(text)), { numRuns: 120 });
  await fc.assert(fc.asyncProperty(mutatedBytes(asBytes(manifest)), check), { numRuns: 80 });
  await expect((async () => { await check(JSON.stringify({ ...manifest, data: { ...manifest.data, path: 7 } })); return readManifest(folder); })()).rejects.toMatchObject({ code: "RUN_NOT_FOUND", what: expect.stringContaining("run.json: data.path") as string });
  await fc.assert(fc.asyncProperty(mutatedTree({ pid: 2 ** 22 + 1, socket: "/nowhere.sock", started: "2026-01-01T00:00:00.000Z", start: "1" }), async ({ text }) => {
    writeFileSync(workerFilePath(folder), text);
    expect(typeof await isWorkerAlive(folder)).toBe("boolean");
  }), { numRuns: 80 });
});

test("journal.jsonl", async () => {
  const path = join(temporaryFolder(), "journal.jsonl");
  const events = [{ event: "start", run: "x", base: "b", data: "d", device: "cpu", examples: 8, evalExamples: 1, steps: 9, epochs: 1, trainableParameters: 1, time: "" }, { event: "step", step: 1, epoch: 0.1, loss: 2, learningRate: 1, gradNorm: 1, tokens: 9, seconds: 1, rows: [1, 2] }, { event: "eval", step: 1, loss: 2, tokens: 3, seconds: 2 }, { event: "checkpoint", step: 1, path: "p" }, { event: "end", run: "x", status: "finished", step: 1, adapter: null, evalLoss: null, seconds: 3 }];
  await fc.assert(fc.asyncProperty(fc.nat(events.length - 1).chain((at) => mutatedTree(events[at]).map(({ text }) => events.map((event, i) => (i === at ? text : JSON.stringify(event))).join("\n"))), async (text) => {
    writeFileSync(path, `${text}\n`);
    const read = await readJournal(path);
    expect(read.length).toBeGreaterThanOrEqual(events.length - 1);
    expect(Number.isFinite(foldEvents(currentEvents(read)).step)).toBe(true);
  }), { numRuns: 150 });
  await fc.assert(fc.asyncProperty(mutatedBytes(asBytes(events.map((event) => JSON.stringify(event)).join("\n"))), async (bytes) => {
    writeFileSync(path, bytes);
    foldEvents(await readJournal(path));
  }), { numRuns: 100 });
});

test("a checkpoint's state.bin", async () => {
  const tiny = makeTinyBase(), base = await openBase(tiny.path), settings = runConfigSchema.parse({ data: "x", lora: { r: 2, target_modules: ["q_proj"] } }), whole = stateBytes(freshState(emptyAdapter(base.config, settings.lora)));
  tiny.remove();
  await fc.assert(fc.asyncProperty(mutatedBytes(whole), async (bytes) => {
    const state = await settled(() => readState(memoryFolder({ "state.bin": bytes }), "state.bin", base, settings), ["ADAPTER_INVALID"], /state\.bin/);
    if (state) expect(Number.isSafeInteger(state.step) && state.optimizer.parameters.every(Number.isFinite)).toBe(true);
  }), { numRuns: 300 });
});
