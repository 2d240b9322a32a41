/** Parquet files that pyarrow wrote (test/golden/parquet/generate.py), row by row; and files that nobody should have written. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { told } from "../../../src/core/data/parquet/rowJson";
import { UserError } from "../../../src/core/errors";
import { openRows } from "../../../src/node/datasetRows";
import { importParquet } from "../../../src/node/parquet/importRows";
import { openParquet } from "../../../src/node/parquet/parquetFile";
import { mutatedBytes, settled } from "../../mutate";

const golden = resolve(__dirname, "../../golden/parquet");
const files = readdirSync(golden).filter((name) => name.endsWith(".parquet"));
const folder = mkdtempSync(join(tmpdir(), "tunesmith-parquet-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rowsOf = async (path: string): Promise<{ rows: number; lines: string[]; notes: string[] }> => {
  const file = await openParquet(path, "rows.parquet");
  try {
    const lines: string[] = [];
    for await (const { line, row } of file.lines()) {
      expect(row).toBe(lines.length);
      lines.push(line);
    }
    return { rows: file.rows, lines, notes: file.notes().map(told) };
  } finally {
    await file.close();
  }
};

describe("what pyarrow wrote", () => {
  test.each(files)("%s", async (name) => {
    const { rows, lines } = await rowsOf(join(golden, name));
    expect(lines.map((line) => `${line}\n`).join("")).toBe(readFileSync(join(golden, `${name.split(".")[0]!}.jsonl`), "utf8"));
    expect(rows).toBe(lines.length);
  });

  test("says what JSON cannot hold", async () => {
    expect((await rowsOf(join(golden, "types.parquet"))).notes.join("\n")).toMatch(/^`bytes` holds bytes that are no text \(1 value\).*\n`image\.bytes` .* such as pictures.*\n`real` holds infinite or undefined numbers \(2 values\).*\n`fixed` .*\n`long` holds whole numbers beyond 2\^53 \(1 value\).*\n`unsigned` /);
  });

  test("a large file is read in blocks of lines, with the same rows, and its copy goes", async () => {
    const copies = (): number => readdirSync(tmpdir()).filter((name) => name.startsWith("tunesmith-columns-")).length;
    const before = copies();
    const rows = await openRows(join(golden, "alpaca.snappy.parquet"), "a", { wholeBytes: 100, blockBytes: 1000 });
    expect(rows.inBlocks).toBe(true);
    let count = 0;
    for await (const { parsed, firstLine } of rows.blocks()) {
      if (parsed.rows > 0) expect(firstLine).toBe(count); // The last block says what is known of the whole, and has no rows.
      count += parsed.records.length;
    }
    expect(count).toBe(60);
    expect((await rows.again(17, 0))?.messages.at(-1)?.content).toBe("Número 17 – zahl zahl ✓ 数");
    await rows.close();
    expect(copies()).toBe(before);
  });

  test("an import that is cancelled leaves nothing behind", async () => {
    const to = join(folder, "cancelled.jsonl"), shares: number[] = [];
    const turn = async (done: number): Promise<void> => {
      shares.push(done);
      if (done > 0) throw new UserError("CANCELLED", "It was cancelled.", "Start again.");
    };
    await expect(importParquet([0, 1].map((part) => join(golden, `train-0000${part}-of-00002.parquet`)), to, { force: true, turn })).rejects.toMatchObject({ code: "CANCELLED" });
    expect(shares).toEqual([0, 0.5]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("tells of columns in words", async () => {
    const file = await openParquet(join(golden, "chats.parquet"));
    expect(file.columns.map(({ name, title }) => `${name}: ${title}`)).toEqual(["id: number", "messages: list of {role, content, tool_calls, weight}", "tags: list of text"]);
    await file.close();
  });
});

describe("what nobody should have written", () => {
  const at = join(folder, "rows.parquet");
  const whole = files.map((name) => Uint8Array.from(readFileSync(join(golden, name))));
  const read = async (bytes: Uint8Array): Promise<number | undefined> => {
    writeFileSync(at, bytes);
    return settled(async () => (await rowsOf(at)).lines.map((line) => JSON.parse(line) as unknown).length, ["DATASET_UNREADABLE"], /rows\.parquet cannot be read as Parquet/);
  };

  test.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(), /too short/],
    ["only marks", Uint8Array.from(Buffer.from("PAR1\0\0\0\0PAR1")), /middle of a structure/],
    ["a file that was cut off", whole[0]!.slice(0, -100), /end, where the columns are described, is missing. Was it cut off/],
    ["a footer longer than the file", Uint8Array.from(Buffer.from("PAR1aaaa\xff\xff\xff\x7fPAR1", "latin1")), /2147483647 bytes, more than the file/],
    ["an encrypted footer", Uint8Array.from(Buffer.from("PAR1aaaaaaaa\0\0\0\0PARE")), /encrypted/],
  ])("%s", async (_, bytes, message) => {
    writeFileSync(at, bytes);
    await expect(rowsOf(at)).rejects.toMatchObject({ code: "DATASET_UNREADABLE", message: expect.stringMatching(message) as string });
  });

  // Bytes changed in place keep the offsets right, so that the damage is met deep inside.
  const flipped = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> => fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 127, 128, 255))), { minLength: 1, maxLength: 6 })
    .map((changes) => { const copy = bytes.slice(); for (const [index, byte] of changes) copy[index] = byte; return copy; });
  test("random damage ends in rows or in one coded error, in little memory", { timeout: 120_000 }, async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...whole).chain((bytes) => fc.oneof({ weight: 5, arbitrary: flipped(bytes) }, { weight: 1, arbitrary: mutatedBytes(bytes) })), async (bytes) => {
      await read(bytes);
    }), { numRuns: 600 });
    expect(process.memoryUsage().rss).toBeLessThan(2 ** 31);
  });
});
