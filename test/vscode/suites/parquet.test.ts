/** A Parquet file opens as a page that says what is in it, and can be checked; the import itself asks for a place and is tried in `test/integration/analysis.test.ts`. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import { closeEverything, codeOf, describeDiagnostics, eventually, fileUri } from "../host";

const golden = (name: string): Buffer => readFileSync(join(vscode.extensions.getExtension("tunesmith.tunesmith")!.extensionPath, "test", "golden", "parquet", name));

describe("parquet", () => {
  afterEach(closeEverything);

  it("opens as a page, not as bytes", async () => {
    await vscode.workspace.fs.writeFile(fileUri("rows.parquet"), golden("alpaca.zstd.parquet"));
    await vscode.commands.executeCommand("vscode.open", fileUri("rows.parquet"));
    const input = await eventually("the tab", () => vscode.window.tabGroups.activeTabGroup.activeTab?.input);
    assert(input instanceof vscode.TabInputCustom);
    assert.equal(input.viewType, "tunesmith.parquet");
    const commands = await vscode.commands.getCommands(true);
    assert(commands.includes("tunesmith.importDataset"));
  });

  it("is checked where it lies", async () => {
    const file = fileUri("chats.parquet");
    await vscode.workspace.fs.writeFile(file, golden("chats.parquet"));
    void vscode.commands.executeCommand("tunesmith.checkDataset", file);
    await eventually("a problem of the file", () => vscode.languages.getDiagnostics(file).some((found) => codeOf(found) === "wrong-type"), { describe: () => describeDiagnostics(file) });
    await vscode.commands.executeCommand("notifications.clearAll");
  });
});
