/** Bytes that are no dataset at all, megabytes of them: every reader answers with rows, problems or one coded error. */
import { randomFillSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { check } from "../../src/cli/check";
import { convert } from "../../src/cli/convert";
import { type ErrorCode } from "../../src/core/errors";
import { TableFile } from "../../src/node/table/tableFile";
import { buildMixture } from "../../src/project/mixtures";
import { settled } from "../mutate";
import { temporaryFolder } from "../project/folders";

vi.spyOn(process.stdout, "write").mockImplementation(() => true);
vi.spyOn(process.stderr, "write").mockImplementation(() => true);

const folder = temporaryFolder();
const codes: ErrorCode[] = ["DATASET_UNREADABLE", "DATASET_NO_USABLE_ROW"];

/** Any bytes; letters of ASCII, which are text and no JSON; brackets and quotes, which nearly are; and Parquet's marks around any bytes. */
const fills: Record<string, (bytes: Buffer) => Buffer> = {
  bytes: (bytes) => bytes,
  letters: (bytes) => bytes.map((byte) => byte < 4 ? 10 : 32 + byte % 95) as Buffer,
  brackets: (bytes) => bytes.map((byte) => '{}[]":,\n tfn0e-\\'.charCodeAt(byte % 16)) as Buffer,
  parquet: (bytes) => Buffer.concat([Buffer.from("PAR1"), bytes, Buffer.from([byteOf(bytes.length), 1, 0, 0]), Buffer.from("PAR1")]),
};
const byteOf = (value: number): number => value & 255;

test.each(Object.entries(fills).flatMap(([kind, fill]) => ["jsonl", "json", "csv", "tsv"].map((ending) => [kind, ending, fill] as const)))("%s named .%s", async (kind, ending, fill) => {
  // Brackets make a problem of nearly every character, hence fewer of them.
  const file = join(folder, `${kind}.${ending}`), bytes = fill(randomFillSync(Buffer.alloc(kind === "bytes" || kind === "parquet" ? 10 * 2 ** 20 : kind === "letters" ? 2 ** 20 : 2 ** 16)));
  writeFileSync(file, bytes);
  await settled(() => check([file], { json: true }), codes, file);
  await settled(() => convert(file, join(folder, "out.jsonl"), { to: "alpaca", force: true }), codes, file);
  const mix = join(folder, "all.mix.json");
  writeFileSync(mix, JSON.stringify({ sources: [{ file: `${kind}.${ending}` }] }));
  await settled(() => buildMixture(mix), codes, `${kind}.${ending}`);
  const table = await settled(() => TableFile.open(file, () => {}), codes, file);
  await table?.indexed;
  await table?.close();
  expect(table === undefined || table.rows >= 0).toBe(true);
});
