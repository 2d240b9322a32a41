/** `npm run bench [-- NAME]`: everything against PyTorch + PEFT in one run on the same machine, in turn; prints the ratios and writes them into bench/RESULTS.md. NAME chooses a part or a case: step, "1 x 1024", finetune, "before and after", scaling. Peers: `node bench/setup.mjs`. */
import { ggufFolder } from "../src/node/preparedBases";
import { smollm2 } from "../test/models";
import { beforeMissing, measureBeforeAfter } from "./beforeAfter";
import { finetuneMissing, measureFinetune } from "./finetune";
import { hasPeers, publish, python, type Section } from "./processes";
import { measureScaling } from "./scaling";
import { measureGroup, stepGroups } from "./stepCases";

/** A part that can be chosen by its name. */
interface Job { readonly name: string; /** Why it cannot be measured here. */ readonly missing?: string | undefined; measure(): Promise<Section> }

async function main(): Promise<void> {
  const { path, reason } = smollm2(), base = path && await ggufFolder(path), peers = hasPeers ? undefined : `there is no ${python}: \`node bench/setup.mjs\` installs the peers`;
  const jobs: Job[] = [
    ...stepGroups(base).map((group): Job => ({ name: `step ${group.name}`, missing: peers, measure: () => measureGroup(group) })),
    { name: "finetune", missing: peers ?? (path ? finetuneMissing() : reason), measure: () => measureFinetune(path!) },
    { name: "before and after", missing: path ? finetuneMissing() ?? beforeMissing() : reason, measure: () => measureBeforeAfter(path!) },
    { name: "scaling", missing: base ? undefined : reason, measure: () => measureScaling(base!) },
  ];
  const wanted = process.argv.slice(2).join(" "), chosen = jobs.filter(({ name }) => name.includes(wanted));
  if (chosen.length === 0) { console.error(`There is no "${wanted}"; there are: ${jobs.map(({ name }) => name).join(", ")}.`); process.exit(2); }
  for (const { name, missing, measure } of chosen) {
    if (missing !== undefined) { console.error(`${name} is not measured: ${missing}.`); process.exitCode = 2; } else publish(await measure());
  }
}

void main();
