/** The playground's worker as the editor uses it: streaming, cancelling, errors across the wire, and death on either side. */
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { greedySettings } from "../../src/core/generate/sampler";
import { startPlayground, type PlaygroundClient } from "../../src/project/client";
import { type GenerateParams, type TokenProgress } from "../../src/protocol/worker";
import { temporaryFolder } from "../project/folders";
import { checkout, tinyBase, untilGone, writeRows } from "./terminal";

let base: string;
let client: PlaygroundClient;
beforeAll(async () => { base = tinyBase(); client = await startPlayground(); });
afterAll(() => client.dispose());

const ask = (more: Partial<GenerateParams> = {}): GenerateParams => ({ base, messages: [{ role: "user", content: "Hello" }], models: [{ name: "base" }], settings: { ...greedySettings, max_new_tokens: 12 }, ...more });

test("tokens stream in and make up the answer; a second request finds the base open", async () => {
  const tokens: TokenProgress[] = [];
  const [answer] = await client.generate(ask(), (token) => tokens.push(token));
  expect(tokens.length).toBe(answer!.ids.length);
  expect(tokens.map(({ id }) => id)).toEqual(answer!.ids);
  expect(answer).toMatchObject({ prompt: "Hello", model: "base", finish: expect.stringMatching(/stop|length/) });
  const again = await client.generate(ask({ models: [{ name: "a" }, { name: "b" }] }), () => {});
  expect(again.map(({ model, ids }) => ({ model, ids }))).toEqual([{ model: "a", ids: answer!.ids }, { model: "b", ids: answer!.ids }]);
});

test("cancelling settles at once with CANCELLED, and the worker goes on answering", async () => {
  const stop = new AbortController();
  let tokens = 0;
  const long = client.generate(ask({ settings: { ...greedySettings, max_new_tokens: 200, temperature: 1.5, seed: 3 } }), () => { if (++tokens === 3) stop.abort(); }, stop.signal);
  await expect(long).rejects.toMatchObject({ name: "UserError", code: "CANCELLED" });
  expect(tokens).toBeLessThan(100);
  const aborted = new AbortController();
  aborted.abort();
  await expect(client.generate(ask(), () => {}, aborted.signal)).rejects.toMatchObject({ code: "CANCELLED" });
  expect(await client.generate(ask(), () => {})).toHaveLength(1);
});

test("the engine's errors arrive as they were thrown", async () => {
  await expect(client.generate(ask({ base: join(base, "none") }), () => {})).rejects.toMatchObject({ name: "UserError", code: "BASE_NOT_FOUND", next: expect.stringMatching(/\.$/) });
  await expect(client.generate(ask({ models: [{ name: "x", adapter: base }] }), () => {})).rejects.toMatchObject({ code: "ADAPTER_NOT_FOUND" });
  await expect(client.generate(ask({ settings: { ...greedySettings, temperature: -1 } }), () => {})).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  await expect(client.generate(ask({ template: "none" }), () => {})).rejects.toMatchObject({ code: "TEMPLATE_FAILED" });
});

test("scores a dataset", async () => {
  const folder = temporaryFolder();
  const data = join(folder, writeRows(folder, "rows.jsonl", 5));
  const result = await client.score({ base, data, maxLength: 64 });
  expect(result).toMatchObject({ rows: 5, perRow: { length: 5 } });
  expect(result.perplexity).toBeCloseTo(Math.exp(result.nll), 8);
  await expect(client.score({ base, data: join(folder, "none.jsonl"), maxLength: 64 })).rejects.toMatchObject({ code: "DATASET_NOT_FOUND" });
});

test("a worker that dies rejects what is pending and what comes later", async () => {
  const doomed = await startPlayground();
  const pending = doomed.generate(ask({ settings: { ...greedySettings, max_new_tokens: 200, temperature: 1.5 } }), () => { process.kill(doomed.pid!, "SIGKILL"); });
  await expect(pending).rejects.toMatchObject({ code: "WORKER_EXITED", what: expect.stringContaining("SIGKILL") });
  expect(doomed.alive).toBe(false);
  await expect(doomed.generate(ask(), () => {})).rejects.toMatchObject({ code: "WORKER_EXITED" });
});

test("closing the playground settles what is pending and ends the process", async () => {
  const closed = await startPlayground();
  const pending = closed.generate(ask({ settings: { ...greedySettings, max_new_tokens: 200, temperature: 1.5 } }), () => closed.dispose());
  await expect(pending).rejects.toMatchObject({ code: "CANCELLED" });
  await untilGone(closed.pid!);
});

test("the worker ends with its parent, however that ends", async () => {
  // Inside dist/, where the parent finds the worker beside it; bundled as scripts/build.mjs bundles.
  const script = join(checkout, "dist", `parent-${process.pid}.js`);
  const source = join(temporaryFolder(), "parent.ts");
  writeFileSync(source, `import { startPlayground } from ${JSON.stringify(join(checkout, "src/project/client"))};\nstartPlayground().then((client) => console.log(client.pid));`);
  buildSync({ entryPoints: [source], outfile: script, bundle: true, platform: "node", format: "cjs", mainFields: ["module", "main"], logLevel: "error" });
  try {
    const parent = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    const pid = await new Promise<number>((settle) => parent.stdout.setEncoding("utf8").once("data", (text: string) => settle(Number(text))));
    expect(pid).toBeGreaterThan(1);
    parent.kill("SIGKILL");
    await untilGone(pid);
  } finally {
    rmSync(script, { force: true });
  }
});
