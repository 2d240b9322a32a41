/** What a paused run tells: the step that was not made, its rows as lines of the dataset, and the ways to go on. */
import { type RunManifest } from "../core/manifest";
import { type Pause } from "../core/train/events";
import { type Halt } from "../core/train/trainer";

/** A step may have hundreds of rows; a sentence has room for these. */
const NAMED = 16;

export const pauseOf = ({ code, why, step, loss, gradNorm, rows }: Halt, { id, data }: Pick<RunManifest, "id" | "data">, learningRate: number): Pause => {
  const lines = rows.map((row) => row + 1).sort((a, b) => a - b), more = lines.length - NAMED;
  const named = lines.length === 1 ? `line ${lines[0]}` : `lines ${lines.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return { code, what: `Paused before step ${step} (${named} of ${data.path}): ${why}.`, why, next: next(code, id, learningRate), step, loss: finite(loss), gradNorm: finite(gradNorm), rows: lines };
};

const next = (code: Pause["code"], id: string, learningRate: number): string => {
  const resume = `\`tunesmith runs resume ${id}`, lower = `--set learning_rate=${Number((learningRate / 10).toPrecision(2))}`;
  switch (code) {
    case "LOSS_NOT_FINITE": return `Look at those lines. ${resume} --skip\` leaves them out; ${resume} --rollback ${lower}\` goes back to an earlier checkpoint with a lower learning rate.`;
    case "LOSS_SPIKE": return `Look at those lines. ${resume} --skip\` leaves them out, ${resume}\` makes the step all the same, and ${resume} --rollback ${lower}\` goes back to an earlier checkpoint with a lower learning rate.`;
    case "LOSS_DIVERGED": return `${resume} --rollback ${lower}\` goes back to an earlier checkpoint with a lower learning rate; ${resume}\` goes on as it is.`;
  }
};

/** JSON has no NaN. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
