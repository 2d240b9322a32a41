/** The step part of the bench: every side in turn, round by round, and the ratios that have a target. */
import { resolve } from "node:path";
import { seededRandom } from "../src/core/random";
import { stepProducts } from "./flops";
import { ownStep, peerStep, ROUNDS, type Section, THREADS, withMachine } from "./processes";
import { median, range, table, type Target, verdict } from "./results";
import { type StepTask, type StepTimes } from "./step";

/** Who steps, and with what. */
interface Side { readonly name: string; readonly engine: "Tunesmith" | "PEFT"; readonly settings?: Partial<Pick<StepTask, "checkpointing" | "bits" | "best">> }
/** mine over other, by the names of their sides. */
interface Ratio { readonly mine: string; readonly other: string; /** How many times as fast. */ readonly speed?: Target; /** Share of the other's peak. */ readonly memory?: Target; /** Share of its time to the first step. */ readonly first?: Target }
interface Group { readonly name: string; readonly title: string; readonly task: StepTask; readonly sides: readonly Side[]; readonly ratios: readonly Ratio[] }

const own = (name: string, settings?: Side["settings"]): Side => ({ name: `Tunesmith${name && `, ${name}`}`, engine: "Tunesmith", ...(settings && { settings }) });
const peft = (name: string, settings?: Side["settings"]): Side => ({ name: `PEFT, ${name}`, engine: "PEFT", ...(settings && { settings }) });

/** Random ids; the second half of every row is trained on. */
export function stepTask(base: string, vocabulary: number, B: number, T: number, steps: number, more: Partial<StepTask> = {}): StepTask {
  const random = seededRandom(`bench/${B}x${T}`), ids = Array.from({ length: B }, () => Array.from({ length: T }, () => Math.floor(random() * vocabulary)));
  return { base, r: 8, alpha: 16, steps, warmup: 2, threads: THREADS, ids, labels: ids.map((row) => row.map((id, t) => (t < T / 2 ? -100 : id))), ...more };
}

const AS_RUN = "PEFT, as people run it", plain = [own(""), peft("as people run it")];

/** smollm2: the folder of SmolLM2-135M, where it can be had. */
export function stepGroups(smollm2: string | undefined): Group[] {
  const starter: Group = { name: "starter 8 x 32", title: "Starter base, 8 x 32", task: stepTask(resolve("starter/base"), 1024, 8, 32, 40), sides: plain, ratios: [{ mine: "Tunesmith", other: AS_RUN }] };
  if (smollm2 === undefined) return [starter];
  const smol = (B: number, T: number): StepTask => stepTask(smollm2, 49152, B, T, 2);
  return [
    {
      name: "4 x 256", title: "SmolLM2-135M, 4 x 256", task: smol(4, 256),
      sides: [
        ...plain, peft("at its best", { best: true }), own("checkpointing", { checkpointing: true }), peft("checkpointing", { checkpointing: true }),
        own("8 bits", { bits: 8 }), own("4 bits", { bits: 4 }), own("4 bits, checkpointing", { bits: 4, checkpointing: true }),
      ],
      ratios: [
        { mine: "Tunesmith", other: AS_RUN, speed: { atLeast: 1.9 }, memory: { atMost: 0.45 }, first: { atMost: 0.3 } },
        { mine: "Tunesmith", other: "PEFT, at its best", speed: { atLeast: 1.4 } },
        { mine: "Tunesmith, checkpointing", other: AS_RUN, memory: { atMost: 0.3 } },
        { mine: "Tunesmith, checkpointing", other: "PEFT, checkpointing" },
        { mine: "Tunesmith, 8 bits", other: AS_RUN, speed: { atLeast: 2.5 } },
        { mine: "Tunesmith, 4 bits", other: AS_RUN },
        { mine: "Tunesmith, 4 bits", other: "Tunesmith", speed: { atLeast: 0.7 } },
        { mine: "Tunesmith, 4 bits, checkpointing", other: AS_RUN, memory: { atMost: 0.15 } },
        { mine: "Tunesmith, 4 bits, checkpointing", other: "Tunesmith", speed: { atLeast: 0.7 } },
      ],
    },
    { name: "1 x 1024", title: "SmolLM2-135M, 1 x 1024", task: smol(1, 1024), sides: plain, ratios: [{ mine: "Tunesmith", other: AS_RUN, speed: { atLeast: 1.6 }, memory: { atMost: 1 } }] },
    starter,
  ];
}

const least = (values: readonly number[]): number => Math.min(...values);

/** All rounds of one side. */
interface Measured { readonly milliseconds: number[]; readonly processor: number[]; readonly peak: number[]; readonly first: number[] }
const measured = (times: readonly StepTimes[]): Measured => ({
  milliseconds: times.map((each) => least(each.milliseconds)), processor: times.map((each) => least(each.processorSeconds)), peak: times.map((each) => each.peakMegabytes), first: times.map((each) => each.firstStepAt),
});

export const measureGroup = ({ name, title, task, sides, ratios }: Group): Promise<Section> => withMachine(`step ${name}`, async (rate) => {
  const times = new Map<string, StepTimes[]>(sides.map((side) => [side.name, []]));
  for (let round = 0; round < ROUNDS; round++) for (const side of sides) {
    const one = (side.engine === "Tunesmith" ? ownStep : peerStep)({ ...task, ...side.settings });
    console.log(`round ${round + 1}, ${title}, ${side.name}: ${least(one.milliseconds).toFixed(0)} ms, ${one.peakMegabytes.toFixed(0)} MB`);
    times.get(side.name)!.push(one);
  }
  const of = (side: string): Measured => measured(times.get(side)!);
  const each = (mine: readonly number[], other: readonly number[]): number[] => mine.map((value, round) => value / other[round]!);
  const figures = sides.map(({ name: side }) => {
    const { milliseconds, processor, peak, first } = of(side);
    return [side, least(milliseconds).toFixed(0), least(processor).toFixed(2), Math.max(...peak).toFixed(0), least(first).toFixed(1)];
  });
  const compared = ratios.map(({ mine, other, speed, memory, first }) => {
    const [a, b] = [of(mine), of(other)], cell = (values: number[], target: Target | undefined, figure: number): string => range(values) + (target ? `, ${verdict(figure, target)}` : "");
    const speeds = each(b.milliseconds, a.milliseconds), shares = [Math.max(...a.peak) / Math.max(...b.peak)], firsts = each(a.first, b.first);
    return [`${mine} / ${other}`, cell(speeds, speed, median(speeds)), cell(each(b.processor, a.processor), undefined, 0), cell(shares, memory, shares[0]!), cell(firsts, first, median(firsts))];
  });
  const work = (await stepProducts(task)).all / 1e9, reached = work / (least(of("Tunesmith").milliseconds) / 1000);
  return [
    `**${title}**, LoRA r ${task.r} on all linears, fp32 where nothing else is said, half of the positions trained; ${ROUNDS} ${ROUNDS === 1 ? "round" : "rounds"} in turn.`, "",
    table(["side, least of all rounds", "ms a step", "processor s a step", "peak MB", "s to the first finished step"], figures), "",
    table(["ratio, round by round: median (least to most)", "times as fast", "times as few processor s", "share of its peak memory", "share of its time to the first step"], compared), "",
    `Tunesmith's graph has ${work.toFixed(0)} GFLOP in products a step in fp32: ${reached.toFixed(0)} GFLOP/s, ${(reached / rate * 100).toFixed(0)}% of the rate of plain products before it${name === "4 x 256" ? ` (${verdict(reached / rate, { atLeast: 0.92 })})` : ""}.`,
  ].join("\n");
});
