import { expect, test } from "vitest";
import { canResume, nextStep } from "../../src/extension/nextStep";

test("an error that knows only a command line gets the window's own next step", () => {
  const { next, action } = nextStep({ code: "WORKER_EXITED", next: "`tunesmith runs resume x` goes on." });
  expect(next).not.toContain("`tunesmith");
  expect(action?.command).toBe("tunesmith.showLog");
});

test("any other keeps its own advice", () => expect(nextStep({ code: "BASE_NOT_FOUND", next: "Give a folder." })).toEqual({ next: "Give a folder.", action: undefined }));

test("a run goes on after a stop or a lost worker, not after what its own copy of the data lacks", () => {
  expect(canResume("stopped", undefined)).toBe(true);
  expect(canResume("failed", { code: "WORKER_EXITED" })).toBe(true);
  expect(canResume("failed", { code: "DATASET_NO_USABLE_ROW" })).toBe(false);
  expect(canResume("finished", undefined)).toBe(false);
});
