/** Owns the datasets that are measured on: real Alpaca rows from ../shared where it stands beside the checkout, and generated prose with planted near copies. */
import { createWriteStream, readFileSync } from "node:fs";
import { once } from "node:events";
import { seededRandom } from "../src/core/random";
import { hasShared, shared } from "../test/shared";

export interface AlpacaRow { readonly instruction: string; readonly input: string; readonly output: string }

const REAL = ["stanford_alpaca/alpaca_5000.json", "llama-factory/alpaca_en_demo.json", "gpteacher/roleplay-simple-deduped-roleplay-instruct.json", "torchtune/alpaca_tiny.json"];

/** 8,000 rows that people and models wrote; undefined where there are none here. */
export const realRows = (): readonly AlpacaRow[] | undefined => !hasShared ? undefined : REAL.flatMap((file) => {
  const rows = JSON.parse(readFileSync(shared("data", file), "utf8")) as Record<string, unknown>[];
  return rows.flatMap(({ instruction, input, output, response }): AlpacaRow[] => {
    const answer = output ?? response;
    return typeof instruction === "string" && typeof answer === "string" ? [{ instruction, input: typeof input === "string" ? input : "", output: answer }] : [];
  });
});

/** `count` rows, 550 bytes each on average: each question of the real rows with the answers of a dozen others in turn, so that no two are the same and the texts are real. Gives the bytes. */
export async function writeAlpaca(path: string, count: number): Promise<number> {
  const random = seededRandom("bench/rows");
  const pool = realRows() ?? Array.from({ length: 8000 }, () => ({ instruction: prose(random, 15), input: "", output: prose(random, 70) }));
  const out = createWriteStream(path);
  for (let number = 0; number < count; number++) {
    const { instruction, input } = pool[number % pool.length]!, { output } = pool[(number + Math.floor(number / pool.length) * 37) % pool.length]!;
    if (!out.write(`${JSON.stringify({ instruction, input, output })}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
  return out.bytesWritten;
}

/** Sentences of up to 300 characters: one of a whole page would make rows alike that share nothing else. */
const sentences = (texts: readonly string[]): string[] => texts.flatMap((text) => text.split(/(?<=[.!?])\s+/)).map((text) => text.trim()).filter(({ length }) => length > 2 && length <= 300);

/** `count` distinct rows, 550 bytes each on average: sentences of the real rows put together anew, two for a question, so that none is asked twice and no two rows are alike. Gives the bytes. */
export async function writeRecombined(path: string, count: number): Promise<number> {
  const random = seededRandom("bench/recombined"), rows = realRows();
  const pool = (texts: (rows: readonly AlpacaRow[]) => readonly string[], words: number): readonly string[] => rows ? sentences(texts(rows)) : Array.from({ length: 30_000 }, () => prose(random, words));
  const [questions, inputs, answers] = [pool((all) => all.map(({ instruction }) => instruction), 8), pool((all) => all.map(({ input }) => input), 12), pool((all) => all.map(({ output }) => output), 14)];
  const some = (from: readonly string[], least: number, most: number): string => Array.from({ length: least + Math.floor(random() * (most - least + 1)) }, () => from[Math.floor(random() * from.length)]!).join(" ");
  const out = createWriteStream(path), asked = new Set<string>();
  while (asked.size < count) {
    const instruction = some(questions, 2, 2);
    if (asked.has(instruction)) continue;
    asked.add(instruction);
    if (!out.write(`${JSON.stringify({ instruction, input: random() < 0.3 ? some(inputs, 1, 3) : "", output: some(answers, 1, 6) })}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
  return out.bytesWritten;
}

const COMMON = "the of and to in a is that it for was on are as with be this have from or by one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know".split(" ");

/** Words as they come in prose: half of them common, the others of a vocabulary of 40,000 made of syllables. */
const prose = (random: () => number, words: number): string => {
  const syllables = ["ka", "lo", "mer", "tin", "sha", "vor", "el", "pra", "nim", "dul", "bex", "ro", "fi", "gan"];
  const text = Array.from({ length: words }, () => {
    if (random() < 0.5) return COMMON[Math.floor(random() ** 2 * COMMON.length)]!;
    let number = Math.floor(random() ** 2 * 40_000), word = "";
    for (; number > 0 || word === ""; number = Math.floor(number / 14)) word += syllables[number % 14]!;
    return word;
  });
  for (let at = 11; at < words; at += 12) text[at] += ".";
  return `${text.join(" ")}.`;
};

/** Rows of about 1.3 kB, one in a hundred a near copy of an earlier one. Gives the number of copies. */
export async function writeProse(path: string, rows: number): Promise<number> {
  const out = createWriteStream(path), random = seededRandom("bench/analysis");
  const recent: { instruction: string; output: string }[] = [];
  let copies = 0;
  for (let number = 0; number < rows; number++) {
    let row = { instruction: prose(random, 20 + Math.floor(random() * 30)), output: prose(random, 60 + Math.floor(random() * 140)) };
    if (random() < 0.01 && recent.length > 50) {
      const original = recent[Math.floor(random() * recent.length)]!;
      row = { ...original, output: original.output.replace(/^\w+ \w+/, "in short") };
      copies++;
    } else if (recent.length < 20_000) recent.push(row);
    if (!out.write(`${JSON.stringify(row)}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
  return copies;
}
