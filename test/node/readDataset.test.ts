import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readDatasetFile } from "../../src/node/readDataset";
import { temporaryFolder } from "../project/folders";

const folder = temporaryFolder();
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const readDataset = async (path: string, shown?: string): Promise<string> => (await readDatasetFile(path, shown)).text;
const bytes = (...parts: (string | number)[]): Buffer => Buffer.concat(parts.map((part) => typeof part === "string" ? Buffer.from(part) : Buffer.from([part])));

describe("readDataset", () => {
  test("gives the text as it is, byte order mark included", async () => {
    expect(await readDataset(file("a.jsonl", "\ufeff{\"é\": \"🙂\"}\r\n"))).toBe("\ufeff{\"é\": \"🙂\"}\r\n");
    expect(await readDataset(file("empty.jsonl", ""))).toBe("");
  });

  test("unpacks gzip, and gives the name and the columns that a dataset_info.json beside the file names", async () => {
    writeFileSync(join(folder, "dataset_info.json"), JSON.stringify({ other: { file_name: "b.jsonl" }, mine: { file_name: "packed.jsonl.gz", columns: { prompt: "q", response: "a" } } }));
    expect(await readDatasetFile(file("packed.jsonl.gz", gzipSync('{"q": "é"}\n')))).toMatchObject({
      text: '{"q": "é"}\n', packed: true, options: { file: "packed.jsonl.gz", mapping: { name: "mine", columns: { prompt: "q", response: "a" } } },
    });
    expect(await readDatasetFile(file("b.jsonl", ""))).toEqual({ text: "", packed: false, options: { file: "b.jsonl" } });
    writeFileSync(join(folder, "dataset_info.json"), '{"mine": {"file_name": "b.jsonl", "formatting": "chatml"}}');
    await expect(readDatasetFile(join(folder, "b.jsonl"), "b.jsonl")).rejects.toMatchObject({ code: "CONFIG_INVALID", what: expect.stringMatching(/entry "mine".*formatting/) as string });
    writeFileSync(join(folder, "dataset_info.json"), "{");
    await expect(readDatasetFile(join(folder, "b.jsonl"), "b.jsonl")).rejects.toMatchObject({ code: "CONFIG_INVALID", what: expect.stringContaining("is not JSON") as string });
    rmSync(join(folder, "dataset_info.json"));
  });

  test.each([
    ["a damaged gzip file", gzipSync("{}\n").subarray(0, 15), /gzip-compressed and cannot be unpacked/],
    ["damaged Parquet", bytes("PAR1", 0, 1), /cannot be read as Parquet: it is too short/],
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
