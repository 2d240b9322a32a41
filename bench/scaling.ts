/** How a step's time and memory grow with length, rank, batch and layers: Tunesmith alone, each size in a process of its own, as tables and as plots. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Products, stepProducts } from "./flops";
import { growthFile, type GrowthPoint } from "./growthPlot";
import { ownStep, type Section, withMachine } from "./processes";
import { growthExponent, table } from "./results";
import { stepTask } from "./stepCases";

interface Size { readonly B: number; readonly T: number; readonly r: number; readonly layers: number }
interface Axis { readonly id: string; readonly axis: string; readonly says: string; readonly common: Size; readonly values: readonly number[]; readonly at: (value: number, common: Size) => Size }

const LAYERS = 30, VOCABULARY = 49152;
const axes: readonly Axis[] = [
  { id: "length", axis: "length", says: "1 row, rank 8, 30 layers", common: { B: 1, T: 0, r: 8, layers: LAYERS }, values: [256, 512, 1024, 2048, 4096], at: (T, common) => ({ ...common, T }) },
  { id: "rank", axis: "rank", says: "2 x 256, 30 layers", common: { B: 2, T: 256, r: 0, layers: LAYERS }, values: [4, 8, 16, 32, 64, 128], at: (r, common) => ({ ...common, r }) },
  { id: "batch", axis: "batch", says: "rows of 256, rank 8, 30 layers", common: { B: 0, T: 256, r: 8, layers: LAYERS }, values: [1, 2, 4, 8], at: (B, common) => ({ ...common, B }) },
  { id: "layers", axis: "layers", says: "2 x 256, rank 8", common: { B: 2, T: 256, r: 8, layers: 0 }, values: [6, 12, 18, 24, 30], at: (layers, common) => ({ ...common, layers }) },
];

interface Point extends GrowthPoint { readonly products: Products; readonly processor: number }

/** The model's folder with fewer layers: its config says so, and the others' tensors lie unused in its file. */
function withLayers(folder: string, layers: number): string {
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as { num_hidden_layers: number };
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, num_hidden_layers: layers }));
  return folder;
}

async function measure({ axis, values, common, at }: Axis, folder: string): Promise<Point[]> {
  const points: Point[] = [];
  for (const value of values) {
    const { B, T, r, layers } = at(value, common), long = B * T > 2048, task = stepTask(withLayers(folder, layers), VOCABULARY, B, T, long ? 1 : 2, { r, alpha: 2 * r, warmup: 1 });
    const { milliseconds, processorSeconds, peakMegabytes } = ownStep(task), seconds = Math.min(...milliseconds) / 1000;
    points.push({ x: value, seconds, megabytes: peakMegabytes, processor: Math.min(...processorSeconds), products: await stepProducts(task) });
    console.log(`scaling, ${axis} ${value}: ${seconds.toFixed(2)} s, ${peakMegabytes.toFixed(0)} MB`);
  }
  return points;
}

/** Exponent of growth, over all points and between the last two. */
const exponents = (points: readonly Point[], of: (point: Point) => number): [number, number] => {
  const pairs = points.map((point) => ({ x: point.x, y: of(point) }));
  return [growthExponent(pairs), growthExponent(pairs.slice(-2))];
};

export const measureScaling = (smollm2: string): Promise<Section> => withMachine("scaling", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tunesmith-scaling-")), figures = join(__dirname, "figures"), parts: string[] = [], fits: string[][] = [];
  try {
    for (const file of ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]) copyFileSync(join(smollm2, file), join(folder, file));
    for (const each of axes) {
      const points = await measure(each, folder), time = exponents(points, ({ seconds }) => seconds), memory = exponents(points, ({ megabytes }) => megabytes);
      const outside = exponents(points, ({ products }) => products.all - products.attention), rate = ({ products, seconds }: Point): number => products.all / 1e9 / seconds;
      fits.push([each.axis, ...[time, memory].map(([all, last]) => `${all.toFixed(2)} (${last.toFixed(2)})`), outside[0].toFixed(2), `${Math.max(...points.map(rate)).toFixed(0)} to ${Math.min(...points.map(rate)).toFixed(0)}`]);
      if (!process.env.TUNESMITH_BENCH_DRY) {
        mkdirSync(figures, { recursive: true });
        writeFileSync(join(figures, `${each.id}.svg`), growthFile({ title: `A step over its ${each.axis}: ${each.says}`, axis: each.axis, points, exponents: { seconds: time[0], megabytes: memory[0] } }));
      }
      parts.push(`![Time and memory of a step over its ${each.axis}](figures/${each.id}.svg)\n\n${each.says}:\n\n${table([each.axis, "s a step", "processor s", "peak MB", "GFLOP in products", "of them attention", "GFLOP/s"], points.map((point) =>
        [String(point.x), point.seconds.toFixed(2), point.processor.toFixed(2), point.megabytes.toFixed(0), (point.products.all / 1e9).toFixed(0), `${(point.products.attention / point.products.all * 100).toFixed(0)}%`, rate(point).toFixed(0)]))}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const head = table(["size", "time grows as size^", "memory grows as size^", "products outside attention grow as size^", "GFLOP/s, best to worst"], fits);
  return `SmolLM2-135M's shape, half of the positions trained, each size in a process of its own. Exponents fitted over all sizes (between the last two).\n\n${head}\n\n${parts.join("\n\n")}`;
});
