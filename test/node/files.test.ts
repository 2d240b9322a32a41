import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { openFolder, writeFileAtomic } from "../../src/node/files";
import { temporaryFolder } from "../project/folders";

vi.mock("node:fs/promises", async (original) => ({ ...(await original<typeof fs>()) }));
afterEach(() => { vi.restoreAllMocks(); });

/** A disk of 64 KiB, where this machine lets us make one. */
const tinyDisk = (() => {
  const folder = temporaryFolder();
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    return undefined;
  }
})();
afterAll(() => { if (tinyDisk) execFileSync("umount", [tinyDisk]); });

describe("writeFileAtomic", () => {
  test("writes a new file, and replaces one whole", async () => {
    const file = join(temporaryFolder(), "a.jsonl");
    await writeFileAtomic(file, "one");
    expect(readFileSync(file, "utf8")).toBe("one");
    await writeFileAtomic(file, new Uint8Array([0x74, 0x77, 0x6f]));
    expect(readFileSync(file, "utf8")).toBe("two");
  });

  test("keeps the permissions and follows a link", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "real.jsonl"), "one");
    chmodSync(join(folder, "real.jsonl"), 0o600);
    symlinkSync("real.jsonl", join(folder, "link.jsonl"));
    await writeFileAtomic(join(folder, "link.jsonl"), "two");
    expect(readFileSync(join(folder, "real.jsonl"), "utf8")).toBe("two");
    expect(statSync(join(folder, "real.jsonl")).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(["link.jsonl", "real.jsonl"]);
  });

  test.skipIf(!tinyDisk)("a full disk: DISK_FULL, the old file stays whole, nothing is left over", async () => {
    const file = join(tinyDisk!, "a.jsonl");
    await writeFileAtomic(file, "old");
    await expect(writeFileAtomic(file, "x".repeat(200_000))).rejects.toMatchObject({ code: "DISK_FULL", next: expect.stringContaining("Free some space") });
    expect(readFileSync(file, "utf8")).toBe("old");
    expect(readdirSync(tinyDisk!)).toEqual(["a.jsonl"]);
  });

  test("no room when the bytes are synced: the same", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "a.jsonl");
    writeFileSync(file, "old");
    const { open } = await vi.importActual<typeof fs>("node:fs/promises");
    vi.spyOn(fs, "open").mockImplementation(async (...args) => {
      const handle = await open(...args);
      handle.sync = () => Promise.reject(Object.assign(new Error("no space left on device"), { code: "ENOSPC" }));
      return handle;
    });
    await expect(writeFileAtomic(file, "new")).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(readFileSync(file, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["a.jsonl"]);
  });

  test("a folder that is not there: WRITE_FAILED", async () => {
    await expect(writeFileAtomic(join(temporaryFolder(), "no", "a.jsonl"), "x")).rejects.toMatchObject({ code: "WRITE_FAILED", what: expect.stringContaining("ENOENT") });
  });
});

test("openFolder reads whole files and ranges", async () => {
  const path = temporaryFolder();
  writeFileSync(join(path, "a"), "0123456789");
  mkdirSync(join(path, "b"));
  const folder = openFolder(path);
  expect(await folder.exists("a")).toBe(true);
  expect(await folder.exists("b")).toBe(false);
  expect(await folder.exists("c")).toBe(false);
  expect(await folder.size("a")).toBe(10);
  expect(Buffer.from(await folder.read("a")).toString()).toBe("0123456789");
  expect(Buffer.from(await folder.read("a", 3, 6)).toString()).toBe("345");
  await expect(folder.read("a", 8, 12)).rejects.toThrow(/ended at byte 10/);
});
