/** graphicsMemory.ts: what systems say of a card's memory, read as they say it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fromDrm, fromNvidia } from "../../../src/node/device/graphicsMemory";
import { temporaryFolder } from "../../project/folders";

test("nvidia-smi: the first card, in MiB; words instead of numbers are no answer", () => {
  expect(fromNvidia("81559, 80994\n24576, 12\n")).toEqual({ total: 81559 * 2 ** 20, free: 80994 * 2 ** 20 });
  for (const text of ["", "[N/A], [N/A]", "NVIDIA-SMI has failed", "8192, [N/A]"]) expect(fromNvidia(text), text).toBeUndefined();
});

test("Linux's folder of cards: the largest that says it, connectors and silent drivers left out", () => {
  const folder = temporaryFolder(), card = (name: string, total: string, used: string): void => {
    mkdirSync(join(folder, name, "device"), { recursive: true });
    writeFileSync(join(folder, name, "device", "mem_info_vram_total"), total);
    writeFileSync(join(folder, name, "device", "mem_info_vram_used"), used);
  };
  mkdirSync(join(folder, "card0-HDMI-A-1"));
  expect(fromDrm(folder)).toBeUndefined();
  card("card0", "536870912\n", "1048576\n");
  card("card1", "8589934592\n", "589934592\n");
  expect(fromDrm(folder)).toEqual({ total: 8589934592, free: 8e9 });
  expect(fromDrm(join(folder, "none"))).toBeUndefined();
});
