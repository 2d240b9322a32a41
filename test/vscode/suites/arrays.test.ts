/** JSON arrays of rows, on one line and pretty-printed: what the editor says of a row is of that row, wherever in its line it stands. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { closeEverything, diagnosticWith, eventually, openText, rangeOf } from "../host";

const rows = [
  { instruction: "Name the capital of France.", output: "Paris." }, { instruction: "Name a river in Egypt.", output: "The Nile." },
  { instruction: "Name the capital of France.", output: "Paris." }, { instruction: "Name a planet with rings.", output: "" },
];
const layouts = [["one line", "oneLine.json", JSON.stringify(rows)], ["pretty-printed", "pretty.json", JSON.stringify(rows, null, 2)]] as const;
const textOf = (hovers: readonly vscode.Hover[]): string => hovers.flatMap(({ contents }) => contents).map((content) => typeof content === "string" ? content : content.value).join("\n");

for (const [name, file, text] of layouts) {
  describe(`a JSON array, ${name}`, () => {
    afterEach(closeEverything);

    it("says in the hover what the row at that place becomes", async () => {
      const document = await openText(file, text);
      const at = rangeOf(document, "river").start;
      const said = await eventually("a hover of the second row", async () => { const found = textOf(await vscode.commands.executeCommand<vscode.Hover[]>("vscode.executeHoverProvider", document.uri, at)); return found.includes("tokens") && found; });
      assert.match(said, /Row 2\b/);
      assert(said.includes("The Nile.") && !said.includes("France"), said);
    });

    it("counts each row's tokens where the row begins", async () => {
      const document = await openText(file, text);
      const whole = new vscode.Range(0, 0, document.lineCount - 1, document.lineAt(document.lineCount - 1).text.length);
      const hints = await eventually("a hint for each sound row", async () => { const found = await vscode.commands.executeCommand<vscode.InlayHint[]>("vscode.executeInlayHintProvider", document.uri, whole); return found.length === 3 && found; });
      for (const { position } of hints) assert.equal(document.getText(new vscode.Range(position, position.translate(0, 1))), "{");
    });

    it("outlines the rows, each with its own range", async () => {
      const document = await openText(file, text);
      const symbols = await eventually("an outline", async () => { const found = await vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>("vscode.executeDocumentSymbolProvider", document.uri); return found?.filter(({ detail }) => /^row \d/.test(detail)).length === 3 && found; });
      const own = symbols.filter(({ detail }) => /^row \d/.test(detail));
      assert.deepEqual(own.map(({ detail }) => detail), ["row 1", "row 2", "row 3"]);
      for (const [index, { range }] of own.entries()) assert.deepEqual(JSON.parse(document.getText(range)), rows[index]);
    });

    it("underlines the twin, removes it, and keeps the others", async () => {
      const document = await openText(file, text);
      const twin = await diagnosticWith(document.uri, "duplicate-row");
      assert(document.offsetAt(twin.range.start) > document.getText().indexOf("Egypt"));
      const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>("vscode.executeCodeActionProvider", document.uri, twin.range, vscode.CodeActionKind.QuickFix.value, 20);
      const remove = actions.find(({ title }) => title === "Remove this row");
      assert(remove?.edit && await vscode.workspace.applyEdit(remove.edit));
      assert.deepEqual(JSON.parse(document.getText()), [rows[0], rows[1], rows[3]]);
    });

    it("completes keys inside a row, and whole rows between them", async () => {
      const document = await openText(file, text.replace('"output": ""', '"output": "Saturn."').replace('"output":""', '"output":"Saturn."'));
      const labels = async (at: vscode.Position): Promise<string[]> => (await vscode.commands.executeCommand<vscode.CompletionList>("vscode.executeCompletionItemProvider", document.uri, at)).items.map(({ label }) => typeof label === "string" ? label : label.label);
      assert((await labels(document.positionAt(document.getText().lastIndexOf("]")))).includes("Alpaca row"));
      const edit = new vscode.WorkspaceEdit();
      edit.insert(document.uri, rangeOf(document, "{").end, '"", ');
      await vscode.workspace.applyEdit(edit);
      assert((await labels(document.positionAt(document.getText().indexOf('""') + 1))).includes("input"));
    });
  });
}
