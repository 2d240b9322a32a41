/** What a row becomes when it is trained on: diagnostics with a base, hover and counts, in the buffer that is not saved. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { closeEverything, codeOf, describeDiagnostics, diagnosticWith, edit, eventually, fileUri, noDiagnostics, openText, rangeOf } from "../host";

const row = (instruction: string, output: string): string => `${JSON.stringify({ instruction, output })}\n`;
/** Long, and without a word that comes twice in a row, which would be another problem. */
const aLot = Array.from({ length: 350 }, (_, number) => `word${number}`).join(" ");
const hoverText = async (document: vscode.TextDocument, line: number): Promise<string> =>
  (await vscode.commands.executeCommand<vscode.Hover[]>("vscode.executeHoverProvider", document.uri, new vscode.Position(line, 5))).flatMap(({ contents }) => contents).map((content) => typeof content === "string" ? content : content.value).join("\n");

describe("rows with a base", () => {
  afterEach(closeEverything);

  it("underlines what is cut off, and only that", async () => {
    const document = await openText("long.jsonl", row("Say a lot.", "short") + row("Say a lot.", aLot));
    const found = await diagnosticWith(document.uri, "cut-off");
    assert.equal(found.range.start.line, 1);
    const text = document.getText(found.range);
    assert(text.length > 100 && text.length < 3500 && document.lineAt(1).text.endsWith(`${text}"}`), text.slice(0, 80));
    assert.match(found.message, /max_length/);
    assert.equal(vscode.languages.getDiagnostics(document.uri).length, 1, describeDiagnostics(document.uri));
  });

  it("finds a control token among the words as it is typed, and removes it", async () => {
    const document = await openText("special.jsonl", row("Say hi.", "hi"));
    const token = /<\|[a-z_]+\|>/.exec(Buffer.from(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(vscode.extensions.all.find(({ id }) => id.endsWith("tunesmith"))!.extensionUri, "starter", "base", "tokenizer.json"))).toString("utf8"))![0];
    await edit(document, rangeOf(document, "Say"), `Say ${token}`);
    const found = await diagnosticWith(document.uri, "special-token");
    assert.equal(document.getText(found.range), token);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>("vscode.executeCodeActionProvider", document.uri, found.range, vscode.CodeActionKind.QuickFix.value, 20);
    const action = actions.find(({ title }) => !/^Remove (this|all \d+) row/.test(title));
    assert(action?.edit && await vscode.workspace.applyEdit(action.edit));
    await noDiagnostics(document.uri);
  });

  it("follows the run config that names the file", async () => {
    const document = await openText("named.jsonl", row("Tell me about the sea.", "It is wide and deep and salt."));
    await openText("named.tune.json", JSON.stringify({ data: "named.jsonl", max_length: 12 }));
    const found = await diagnosticWith(document.uri, "cut-off");
    // From the row that is cut off to the limit that cuts it.
    await vscode.window.showTextDocument(document);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>("vscode.executeCodeActionProvider", document.uri, found.range, vscode.CodeActionKind.QuickFix.value, 20);
    const raise = actions.find(({ title }) => title === "Raise max_length in named.tune.json…");
    assert(raise?.command, actions.map(({ title }) => title).join());
    await vscode.commands.executeCommand(raise.command.command, ...raise.command.arguments as unknown[]);
    await eventually("the limit is selected", () => vscode.window.activeTextEditor?.document.getText(vscode.window.activeTextEditor.selection) === '"max_length"');
    assert.match(await eventually("a hover with the reason", async () => { const text = await hoverText(document, 0); return text.includes("cut off") && text; }), /is cut off from here on[^]*max\\_length[^]*Open Row Preview/);
    await vscode.workspace.fs.delete(fileUri("named.tune.json"));
    await noDiagnostics(document.uri);
  });

  it("is silent where it is switched off, and obeys the severity setting", async () => {
    const settings = vscode.workspace.getConfiguration("tunesmith");
    const document = await openText("off.jsonl", row("Say a lot.", aLot));
    await diagnosticWith(document.uri, "cut-off");
    for (const [name, value] of [["diagnostics.base", false], ["diagnostics.severity", { "cut-off": "off" }]] as const) {
      await settings.update(name, value, vscode.ConfigurationTarget.Global);
      try {
        await noDiagnostics(document.uri);
      } finally {
        await settings.update(name, undefined, vscode.ConfigurationTarget.Global);
      }
      await diagnosticWith(document.uri, "cut-off");
    }
  });

  it("says in the hover what the row becomes", async () => {
    const document = await openText("hover.jsonl", row("Name the capital of France.", "Paris."));
    const text = await eventually("a hover", async () => (await hoverText(document, 0)).includes("tokens") && hoverText(document, 0));
    assert.match(text, /Row 1.*\d+ tokens, \d+ trained, 2 turns, not truncated/s);
    assert(text.includes("Name the capital of France."), text);
  });

  it("toggles the training of the turn at the cursor, in one undo step", async () => {
    const text = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "bee"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "dee", "weight": 0}]}\n';
    const document = await openText("toggle.jsonl", text);
    const editor = vscode.window.activeTextEditor!;
    const all = { start: rangeOf(document, "bee").start, end: rangeOf(document, "dee").end };
    editor.selection = new vscode.Selection(all.end, all.end);
    await vscode.commands.executeCommand("tunesmith.toggleTraining");
    assert.equal(document.getText(), text.replace('"weight": 0', '"weight": 1'));
    editor.selection = new vscode.Selection(all.start, all.end);
    await vscode.commands.executeCommand("tunesmith.toggleTraining");
    assert.equal(document.getText(), text.replace('"bee"', '"bee", "weight": 0'));
    await vscode.commands.executeCommand("undo");
    await eventually("both answers are back in one step", () => document.getText() === text.replace('"weight": 0', '"weight": 1'), { describe: () => document.getText() });
    await vscode.commands.executeCommand("undo");
    await eventually("as it was", () => document.getText() === text, { describe: () => document.getText() });
  });

  it("completes rows, keys and roles", async () => {
    const document = await openText("complete.jsonl", '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n{"messages": [{"role": "user", "content": "c"}, {"role": ""}]}\n\n');
    const labels = async (line: number, character: number): Promise<string[]> =>
      (await vscode.commands.executeCommand<vscode.CompletionList>("vscode.executeCompletionItemProvider", document.uri, new vscode.Position(line, character))).items.filter(({ kind }) => kind !== vscode.CompletionItemKind.Text).sort((a, b) => (a.sortText ?? "") < (b.sortText ?? "") ? -1 : 1).map(({ label }) => typeof label === "string" ? label : label.label);
    assert.deepEqual((await labels(1, document.lineAt(1).text.indexOf('""') + 1)).slice(0, 2), ["assistant", "user"]);
    assert((await labels(2, 0)).includes("OpenAI chat row"));
  });

  it("outlines rows with their first words, and folds blocks of rows", async () => {
    const document = await openText("outline.jsonl", row("Name the capital of France.", "Paris.") + row("And of Italy?", "Rome.") + "\n" + row("c", "d"));
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>("vscode.executeDocumentSymbolProvider", document.uri);
    assert.deepEqual(symbols.map(({ name, detail, children }) => [name, detail, children.map((child) => child.detail)]), [
      ["Name the capital of France.", "row 1", ["user", "assistant"]], ["And of Italy?", "row 2", ["user", "assistant"]], ["c", "row 4", ["user", "assistant"]],
    ]);
    const folds = await vscode.commands.executeCommand<vscode.FoldingRange[]>("vscode.executeFoldingRangeProvider", document.uri);
    assert.deepEqual(folds.map(({ start, end }) => [start, end]), [[0, 1]]);
  });

  it("counts tokens before each row", async () => {
    const document = await openText("counts.jsonl", row("Name the capital of France.", "Paris.") + row("a", "b"));
    const hints = await eventually("inlay hints", async () => {
      const found = await vscode.commands.executeCommand<vscode.InlayHint[]>("vscode.executeInlayHintProvider", document.uri, new vscode.Range(0, 0, 2, 0));
      return found.length === 2 && found;
    });
    assert.match(String(hints[0]!.label), /\d+\/\d+/);
  });

  it("sees an edited row of 10,000 without waiting for the others", async function () {
    this.timeout(120_000);
    const document = await openText("tenThousand.jsonl", Array.from({ length: 10_000 }, (_, index) => row(`Say number ${index}.`, `It is ${index}.`)).join(""));
    await edit(document, new vscode.Range(2, 0, 2, document.lineAt(2).text.length), JSON.stringify({ instruction: "Say a lot.", output: aLot }));
    const found = await diagnosticWith(document.uri, "cut-off");
    assert.equal(found.range.start.line, 2);
    assert.deepEqual(vscode.languages.getDiagnostics(document.uri).map(codeOf), ["cut-off"]);
  });
});
