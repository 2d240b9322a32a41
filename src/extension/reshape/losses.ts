/** How reshaping is spoken of, in the text editor and in the table: what is lost is said and asked about before it is done. */
import * as vscode from "vscode";
import { type ReshapeLoss } from "../../core/data/reshape/reshape";
import { type RoleWords } from "../../core/data/reshape/roleNames";

export const rowCount = (count: number): string => `${count.toLocaleString("en")} row${count === 1 ? "" : "s"}`;

export const said = ({ what, rows, line }: ReshapeLoss): string => `${what.replaceAll("`", "").replace(/\.$/, "")} (${rowCount(rows)}, first in line ${(line + 1).toLocaleString("en")})`;

export const sentences = (nothing: string | undefined, left: readonly ReshapeLoss[]): string => [...(nothing ? [nothing] : []), ...left.map(({ what }) => /[.!?]$/.test(what) ? what : `${what}.`)].join(" ");

/** Whether it is to be done; nobody is asked where nothing is lost. */
export const acceptLosses = async ({ losses, left }: { readonly losses: readonly ReshapeLoss[]; readonly left: readonly ReshapeLoss[] }, title: string, button: string): Promise<boolean> => {
  if (losses.length === 0) return true;
  const detail = [...losses.map((loss) => `Not kept: ${said(loss)}`), ...left.map((loss) => `Left as it is: ${said(loss)}`)].join("\n");
  return await vscode.window.showWarningMessage(title, { modal: true, detail }, button) === button;
};

export const ROLE_WAYS: readonly { readonly label: string; readonly description: string; readonly words: RoleWords }[] = [
  { label: "The format's own words", description: "human and gpt in ShareGPT's conversations, user and assistant in OpenAI's messages", words: "format" },
  { label: "user and assistant everywhere", description: "also in ShareGPT's conversations", words: "plain" },
];
