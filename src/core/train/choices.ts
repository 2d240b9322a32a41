/** What a person decided when a run went on, as the start events of its journal record it, folded into what holds for each step. Pure. */
import { type ResumeChoice, type RunEvent } from "./events";
import { type ChangedSettings, type RunConfig } from "./runConfig";

/** All that hold for a run. from: steps made before the change. */
export interface Choices { readonly accepted: readonly number[]; readonly skipped: readonly number[]; readonly changes: readonly { readonly from: number; readonly settings: ChangedSettings }[] }

export const noChoices: Choices = { accepted: [], skipped: [], changes: [] };

/** Going back takes back what was accepted and changed after that step; a batch that was left out stays out, for that is a judgement of its rows. */
export function choicesOf(events: readonly RunEvent[]): Choices {
  return events.reduce((choices, event) => (event.event === "start" ? withChoice(choices, event.choice ?? {}, event.resumedFrom ?? 0) : choices), noChoices);
}

/** The choices after one more, made where `from` steps had been made. */
export function withChoice({ accepted, skipped, changes }: Choices, choice: ResumeChoice, from: number): Choices {
  const stands = choice.rolledBack !== true;
  // What is changed now holds from here on, over what was once changed further on.
  const earlier = changes.filter((change) => (stands && !choice.settings ? true : change.from < from || (stands && change.from === from)));
  return {
    accepted: added(accepted.filter((step) => stands || step <= from), choice.accepted),
    skipped: added(skipped, choice.skipped),
    changes: [...earlier, ...(choice.settings ? [{ from, settings: choice.settings }] : [])],
  };
}

const added = (steps: readonly number[], step: number | undefined): number[] => (step === undefined || steps.includes(step) ? [...steps] : [...steps, step]);

/** The settings of the step after `made` ones: of changes from the same step the last one counts. */
export function configAt(config: RunConfig, changes: Choices["changes"], made: number): RunConfig {
  return changes.filter(({ from }) => from <= made).sort((a, b) => a.from - b.from).reduce((now, { settings }) => ({ ...now, ...settings }), config);
}
