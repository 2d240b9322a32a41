/** The extension starts, and VS Code knows what it contributes. */
import assert from "node:assert/strict";
import * as vscode from "vscode";

const extension = (): vscode.Extension<unknown> => {
  const found = vscode.extensions.getExtension("tunesmith.tunesmith");
  assert(found, "tunesmith.tunesmith is not installed in this window");
  return found;
};
interface Contributes { commands: { command: string }[] }

describe("activation", () => {
  it("starts without an error", async () => {
    await extension().activate();
    assert(extension().isActive);
  });

  it("registers every command that package.json promises", async () => {
    const promised = (extension().packageJSON as { contributes: Contributes }).contributes.commands.map((entry) => entry.command);
    assert(promised.length > 0);
    const known = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(promised.filter((command) => !known.has(command)), []);
  });
});
