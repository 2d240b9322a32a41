/** Whether an evaluation file shares rows with the training file, on disk; the words that a person is told. */
import { findLeaks, type Leaks, type Pace } from "../core/data/content/compareRows";
import { mappingOf } from "../core/data/formats/mapping";
import { type MappingEntry } from "../core/data/formats/mappingSchema";
import { UserError } from "../core/errors";
import { openRows } from "../node/datasetRows";

/** `columns`: what a run config says of both files. Throws DATASET_NOT_FOUND, DATASET_UNREADABLE, and what `pace` throws. */
export const leaksBetween = async (train: string, evaluation: string, pace: Pace, columns?: MappingEntry): Promise<Leaks> => {
  const options = columns ? { mapping: mappingOf("mapping", "The run config describes it", columns) } : {};
  const first = await openRows(train, train, options);
  try {
    const second = await openRows(evaluation, evaluation, options);
    try {
      return await findLeaks(first, second, pace);
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
};

const KINDS = { same: "the same row as", near: "nearly the same row as", question: "the same question as" } as const;

/** The failure that keeps a run from starting. `shown` are the paths as the person gave them. */
export const leakError = ({ leaks, evalRows }: Leaks, shown: { readonly train: string; readonly eval: string }): UserError => {
  const [{ evalLine, trainLine, kind }] = leaks as [Leaks["leaks"][number]];
  const count = leaks.length.toLocaleString("en-US");
  return new UserError("EVAL_LEAK", `${count} of the ${evalRows.toLocaleString("en-US")} rows of ${shown.eval} ${leaks.length === 1 ? "is" : "are"} in ${shown.train} too, so the evaluation would measure what was learned by heart: line ${evalLine + 1} is ${KINDS[kind]} line ${trainLine + 1} there.`,
    `Remove them from one of the files (\`tunesmith check ${shown.train} --eval ${shown.eval}\` lists them), or start with --allow-leak, or "allow_leak": true in the config.`);
};
