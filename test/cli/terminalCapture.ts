/** What a command prints in a test, apart from the test's own terminal; forgotten before each test. */
import { beforeEach, vi } from "vitest";

export interface Capture { out: string; told: string }

/** Called once at the head of a test file. */
export const captureTerminal = (): Capture => {
  const capture: Capture = { out: "", told: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => { capture.out += String(text); return true; });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => { capture.told += String(text); return true; });
  beforeEach(() => { capture.out = capture.told = ""; });
  return capture;
};
