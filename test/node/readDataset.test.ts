import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readDataset } from "../../src/node/readDataset";
import { temporaryFolder } from "../project/folders";

const folder = temporaryFolder();
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const bytes = (...parts: (string | number)[]): Buffer => Buffer.concat(parts.map((part) => typeof part === "string" ? Buffer.from(part) : Buffer.from([part])));

describe("readDataset", () => {
  test("gives the text as it is, byte order mark included", async () => {
    expect(await readDataset(file("a.jsonl", "\ufeff{\"é\": \"🙂\"}\r\n"))).toBe("\ufeff{\"é\": \"🙂\"}\r\n");
    expect(await readDataset(file("empty.jsonl", ""))).toBe("");
  });

  test.each([
    ["gzip", gzipSync("{}\n"), /gzip-compressed.*gunzip -k rows/],
    ["Parquet", bytes("PAR1", 0, 1), /Parquet.*to_json/],
    ["UTF-16", Buffer.from("\ufeff{}", "utf16le"), /UTF-16.*UTF-8/],
    ["a zip archive", bytes("PK", 3, 4), /zip archive/],
    ["bytes", bytes("{}", 0, "x"), /NUL bytes/],
    ["Windows-1252", bytes('{"a": 1}\n{"a": "caf', 0xe9, '"}\n'), /not UTF-8: line 2 holds the byte 0xE9\. .*Windows-1252/],
    ["a lone continuation byte", bytes("{}\n{}\n", 0x92), /line 3 holds the byte 0x92/],
    ["a file cut inside a character", bytes("{}\n", 0xf0, 0x9f), /line 2 holds the byte 0x(F0|9F)/],
  ])("says that %s is no JSONL, and what to do", async (name, content, message) => {
    await expect(readDataset(file(`${name}.jsonl`, content), "rows")).rejects.toMatchObject({ code: "DATASET_UNREADABLE", message: expect.stringMatching(message) });
  });

  test("a folder, and nothing at all", async () => {
    mkdirSync(join(folder, "sub"));
    await expect(readDataset(join(folder, "sub"))).rejects.toMatchObject({ code: "DATASET_UNREADABLE", what: expect.stringContaining("is a folder") });
    await expect(readDataset(join(folder, "none.jsonl"), "none.jsonl")).rejects.toMatchObject({ code: "DATASET_NOT_FOUND", what: "There is no dataset none.jsonl." });
    await expect(readDataset(join(folder, "a.jsonl", "b"))).rejects.toMatchObject({ code: "DATASET_NOT_FOUND" });
  });
});
