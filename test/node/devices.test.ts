/** devices.ts: the self-check passes on a right runtime and notices a wrong one. */
import { expect, test } from "vitest";
import { type Runtime } from "../../src/core/runtime";
import { probeDevice } from "../../src/node/devices";
import { createOrtRuntime } from "../../src/node/ort";

test("the CPU agrees with the evaluator", async () => {
  const cpu = await probeDevice("cpu");
  expect(cpu).toMatchObject({ name: "cpu", usable: true, selfCheck: "passed" });
  expect(cpu.memoryBytes).toBeGreaterThan(2 ** 28);
});

test("a runtime with one wrong gradient is refused", async () => {
  const right = await createOrtRuntime();
  const wrong: Runtime = {
    ...right,
    createSession: async (model, options) => {
      const session = await right.createSession(model, options);
      return { ...session, run: async (inputs) => {
        const out = await session.run(inputs);
        const { dnorm } = out;
        return { ...out, dnorm: { ...dnorm!, data: Float32Array.from(dnorm!.data as Float32Array, (value) => value * 1.01) } };
      } };
    },
  };
  expect(await probeDevice("cpu", async () => wrong)).toMatchObject({ usable: false, selfCheck: "failed" });
});
