import { expect, test } from "vitest";
import { canResume, canRollBack, inEditor, nextStep } from "../../src/extension/nextStep";

test("an error that knows only a command line gets the window's own next step", () => {
  const { next, action } = nextStep({ code: "WORKER_EXITED", next: "`tunesmith runs resume x` goes on." });
  expect(next).not.toContain("`tunesmith");
  expect(action?.command).toBe("tunesmith.showLog");
});

test("why a run is on the CPU leads to the command that says more", () => {
  expect(inEditor("On the CPU: no graphics device is usable here (`tunesmith devices` says why).")).toBe("On the CPU: no graphics device is usable here (Tunesmith: Set Up GPU says why).");
});

test("any other keeps its own advice", () => expect(nextStep({ code: "BASE_NOT_FOUND", next: "Give a folder." })).toEqual({ next: "Give a folder.", action: undefined }));

test("a run goes on after a stop or a lost worker, not after what its own copy of the data lacks", () => {
  expect(canResume({ status: "stopped" })).toBe(true);
  expect(canResume({ status: "failed", error: { code: "WORKER_EXITED" } })).toBe(true);
  expect(canResume({ status: "failed", error: { code: "DATASET_NO_USABLE_ROW" } })).toBe(false);
  expect(canResume({ status: "finished" })).toBe(false);
});

test("a paused run goes on or back; a step without a loss is not made", () => {
  expect(canResume({ status: "paused", pause: { code: "LOSS_SPIKE" } })).toBe(true);
  expect(canResume({ status: "paused", pause: { code: "LOSS_NOT_FINITE" } })).toBe(false);
  expect(canRollBack({ status: "paused", step: 0 })).toBe(true);
  expect(canRollBack({ status: "stopped", step: 5 })).toBe(true);
  expect(canRollBack({ status: "stopped", step: 0 })).toBe(false);
  expect(canRollBack({ status: "running", step: 5 })).toBe(false);
  expect(nextStep({ code: "LOSS_SPIKE", next: "`tunesmith runs resume x`" }).next).toContain("Roll Back");
});
