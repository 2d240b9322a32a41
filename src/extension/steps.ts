/** A dialogue of several quick picks with a way back, as VS Code's own multi-step inputs have. */
import * as vscode from "vscode";

export interface StepItem<T> extends vscode.QuickPickItem { readonly value?: T }

export interface Step<T> {
  readonly title: string; readonly step: number; readonly totalSteps: number; readonly placeholder: string;
  /** May take a while: the pick shows at once, busy, and fills when they are there. */
  readonly items: Thenable<readonly StepItem<T>[]> | readonly StepItem<T>[];
}

export const BACK = Symbol("back");

/** The chosen value; BACK where the person goes one step back; undefined where the dialogue is left. */
export const askStep = <T>({ title, step, totalSteps, placeholder, items }: Step<T>): Promise<T | typeof BACK | undefined> => {
  const pick = vscode.window.createQuickPick<StepItem<T>>();
  Object.assign(pick, { title, step, totalSteps, placeholder, matchOnDescription: true, matchOnDetail: true, ignoreFocusOut: false, busy: true });
  if (step > 1) pick.buttons = [vscode.QuickInputButtons.Back];
  return new Promise<T | typeof BACK | undefined>((settle, fail) => {
    pick.onDidAccept(() => {
      const [chosen] = pick.selectedItems;
      if (chosen?.value !== undefined) settle(chosen.value);
    });
    pick.onDidTriggerButton(() => settle(BACK));
    pick.onDidHide(() => settle(undefined));
    pick.show();
    Promise.resolve(items).then((found) => {
      pick.items = found;
      pick.busy = false;
    }, fail);
  }).finally(() => pick.dispose());
};
