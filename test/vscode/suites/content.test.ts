/** What the texts of a dataset say, and which rows say it twice: underlined in the buffer that is not saved, with the way to the twin. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { closeEverything, codeOf, describeDiagnostics, diagnosticWith, edit, eventually, fileUri, noDiagnostics, openText, rangeOf } from "../host";

const row = (instruction: string, output: string): string => `${JSON.stringify({ instruction, output })}\n`;
const question = "Explain in a few sentences why the leaves of many trees turn yellow and red in the autumn before they fall to the ground.";
const answer = "In autumn the days grow shorter and the trees stop making chlorophyll, the green pigment. What is left are yellow carotenoids, and some trees make red anthocyanins as well.";
/** Put together here, so that no scanner takes this file for one that holds a key. */
const key = ["AKIA", "Q3EGRW7ZK5LMTYV2"].join("");

const actionsAt = (document: vscode.TextDocument, diagnostic: vscode.Diagnostic): Thenable<vscode.CodeAction[]> =>
  vscode.commands.executeCommand<vscode.CodeAction[]>("vscode.executeCodeActionProvider", document.uri, diagnostic.range, vscode.CodeActionKind.QuickFix.value, 20);

describe("content", () => {
  afterEach(closeEverything);

  it("underlines a secret as it is typed, exactly, and links to what it means", async () => {
    const document = await openText("secret.jsonl", row("Which key?", "That one."));
    await edit(document, rangeOf(document, "That one"), `Say \\"${key}\\"`);
    const found = await diagnosticWith(document.uri, "secret");
    assert.equal(document.getText(found.range), key);
    assert.equal(found.severity, vscode.DiagnosticSeverity.Warning);
    const { target } = found.code as { target: vscode.Uri };
    const explanation = await vscode.workspace.openTextDocument(target.with({ fragment: "" }));
    assert.equal(explanation.lineAt(Number(target.fragment.slice(1)) - 1).text, "### secret");
    await edit(document, rangeOf(document, key), "no");
    await noDiagnostics(document.uri);
  });

  it("finds a near duplicate in the unsaved buffer, with the way to its twin, and forgets it when it is rewritten", async () => {
    const document = await openText("near.jsonl", row(question, answer) + row("Name a tree.", "Oak.") + row("Name a fruit.", "Apple."));
    await edit(document, new vscode.Range(2, 0, 3, 0), row(question.replace("a few", "some"), answer));
    const found = await diagnosticWith(document.uri, "near-duplicate");
    assert.equal(found.range.start.line, 2);
    assert.match(found.message, /line 1: \d\d% of the word pairs/);
    const [twin] = found.relatedInformation ?? [];
    assert.equal(twin?.location.uri.toString(), document.uri.toString());
    assert.equal(document.getText(twin.location.range), JSON.stringify(question));
    const go = (await actionsAt(document, found)).find(({ title }) => title === "Go to its twin, line 1");
    assert(go?.command, "no way to the twin");
    await vscode.commands.executeCommand(go.command.command, ...go.command.arguments as unknown[]);
    assert.equal(vscode.window.activeTextEditor?.selection.start.line, 0);

    // A row above moves it; what is true of it stays, at once, with the twin's place.
    await edit(document, new vscode.Range(0, 0, 0, 0), row("Name a bird.", "Wren."));
    await eventually("it moved", () => vscode.languages.getDiagnostics(document.uri).some((each) => each.range.start.line === 3 && each.relatedInformation?.[0]?.location.range.start.line === 1), { describe: () => describeDiagnostics(document.uri) });
    await edit(document, document.lineAt(3).range, JSON.stringify({ instruction: "Name a fish.", output: "Pike." }));
    await noDiagnostics(document.uri);
  });

  it("follows the severity that the user chose", async () => {
    const settings = vscode.workspace.getConfiguration("tunesmith");
    const document = await openText("level.jsonl", row("Name a fruit.", "An apple.") + row("name a fruit", "an apple"));
    assert.equal((await diagnosticWith(document.uri, "near-duplicate")).severity, vscode.DiagnosticSeverity.Information);
    try {
      await settings.update("diagnostics.severity", { "near-duplicate": "error" }, vscode.ConfigurationTarget.Global);
      await eventually("an error", () => vscode.languages.getDiagnostics(document.uri).some(({ severity }) => severity === vscode.DiagnosticSeverity.Error));
      await settings.update("diagnostics.severity", { "near-duplicate": "off" }, vscode.ConfigurationTarget.Global);
      await noDiagnostics(document.uri);
    } finally {
      await settings.update("diagnostics.severity", undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it("says which rows leak into the evaluation that a config names", async () => {
    await vscode.workspace.fs.writeFile(fileUri("leakEval.jsonl"), Buffer.from(row("Name a tree.", "Oak.") + row("Name a fruit?", "An apple.")));
    await vscode.workspace.fs.writeFile(fileUri("leak.tune.json"), Buffer.from(JSON.stringify({ data: "leakTrain.jsonl", eval: "leakEval.jsonl" })));
    try {
      const document = await openText("leakTrain.jsonl", row("Name a fruit.", "An apple.") + row("Name a fish.", "A pike."));
      const found = await diagnosticWith(document.uri, "eval-leak");
      assert.equal(found.range.start.line, 0);
      assert.match(found.message, /evaluation file leakEval\.jsonl, line 2/);
      assert.equal(found.relatedInformation?.[0]?.location.uri.toString(), fileUri("leakEval.jsonl").toString());
      assert.equal(found.relatedInformation[0].location.range.start.line, 1);
    } finally {
      await vscode.workspace.fs.delete(fileUri("leak.tune.json"));
      await vscode.workspace.fs.delete(fileUri("leakEval.jsonl"));
    }
  });

  it("removes a row that says the same in other JSON, by its quick fix", async () => {
    const document = await openText("twin.jsonl", `${row("Name a fruit.", "Apple.")}${row("Name a tree.", "Oak.")}{"output": "Apple.", "instruction": "Name a fruit."}`);
    const found = await diagnosticWith(document.uri, "duplicate-conversation");
    const remove = (await actionsAt(document, found)).find(({ isPreferred }) => isPreferred);
    assert.equal(remove?.title, "Remove this row");
    assert(await vscode.workspace.applyEdit(remove.edit!));
    assert.equal(document.getText(), `${row("Name a fruit.", "Apple.")}${row("Name a tree.", "Oak.")}`.trimEnd());
    await noDiagnostics(document.uri);
  });

  it("removes duplicate rows in one step that one undo takes back", async () => {
    const rows = [row("Name a fruit.", "Apple."), row("Name a tree.", "Oak."), row("Name a fruit.", "Apple."), '{"output":"Oak.","instruction":"Name a tree."}\n', row("Name a fish.", "Pike."), row("Name a fruit.", "Apple.")];
    const document = await openText("many.jsonl", rows.join(""));
    const command = Promise.resolve(vscode.commands.executeCommand("tunesmith.removeDuplicateRows"));
    // The list opens when the comparison is done; taking what is chosen does nothing before.
    await eventually("the rows are gone", async () => {
      await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
      return document.getText() === rows[0]! + rows[1]! + rows[4]!;
    }, { describe: () => document.getText() });
    await command;
    await vscode.commands.executeCommand("undo");
    await eventually("one undo brings them back", () => document.getText() === rows.join(""), { describe: () => document.getText() });
    assert.deepEqual(vscode.languages.getDiagnostics(document.uri).map(codeOf).filter((code) => code === "json-syntax"), []);
  });
});
