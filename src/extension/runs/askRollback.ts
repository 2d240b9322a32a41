/** Asks where a run should go back to, and with which learning rate it should go on from there. */
import * as vscode from "vscode";
import { configAt, choicesOf } from "../../core/train/choices";
import { readJournal } from "../../project/journal";
import { type ResumeRequest, type RollbackTarget, rollbackTargets, usualTarget } from "../../project/resume";
import { foldEvents, journalPath, type Run } from "../../project/runs";
import { formatCount, formatLoss, formatRate } from "../../protocol/figures";
import { askStep, BACK, type StepItem } from "../steps";

const TITLE = "Roll Back Run", OTHER = "other";

/** Undefined where the dialogue is left. */
export const askRollback = async (run: Run): Promise<ResumeRequest | undefined> => {
  const events = await readJournal(journalPath(run.folder)), { step: reached } = foldEvents(events);
  const targets = await rollbackTargets(run, events), usual = usualTarget(targets, reached);
  const ordered = [usual, ...targets.filter((target) => target !== usual)];
  for (;;) {
    const rollback = await askStep<number>({ title: TITLE, step: 1, totalSteps: 2, placeholder: "Go back to this step; what came after it is kept aside", items: ordered.map((target) => targetItem(target)) });
    if (rollback === undefined || rollback === BACK) return undefined;
    const rate = configAt(run.manifest.config, choicesOf(events).changes, rollback).learning_rate;
    const chosen = await askStep<number | typeof OTHER>({ title: TITLE, step: 2, totalSteps: 2, placeholder: "The learning rate from there on", items: rateItems(rate) });
    if (chosen === undefined) return undefined;
    if (chosen === BACK) continue;
    const wanted = chosen === OTHER ? await askRate(rate) : chosen;
    if (wanted === undefined) continue;
    return { rollback, ...(wanted !== rate && { set: [`learning_rate=${wanted}`] }) };
  }
};

const targetItem = ({ step, best, evalLoss }: RollbackTarget): StepItem<number> => ({
  label: step === 0 ? "$(debug-restart) The start" : `$(history) Step ${formatCount(step)}`,
  description: [best && "best", evalLoss !== null && `evaluation loss ${formatLoss(evalLoss)}`].filter(Boolean).join(" · "), value: step,
});

const rateItems = (rate: number): StepItem<number | typeof OTHER>[] => [
  { label: formatRate(rate), description: "as it was", value: rate },
  ...[[2, "half"], [10, "a tenth"]].map(([by, words]) => ({ label: formatRate(rate / Number(by)), description: String(words), value: Number((rate / Number(by)).toPrecision(6)) })),
  { label: "Other…", value: OTHER, alwaysShow: true },
];

const askRate = async (rate: number): Promise<number | undefined> => {
  const text = await vscode.window.showInputBox({ title: TITLE, prompt: "Learning rate", value: String(rate), validateInput: (value) => (Number(value) > 0 && Number.isFinite(Number(value)) ? undefined : "A number above 0, such as 1e-4.") });
  return text === undefined ? undefined : Number(text);
};
