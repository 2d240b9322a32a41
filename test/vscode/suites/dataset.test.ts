/** A dataset's problems are underlined where they are, in the buffer that is not saved, and repaired by quick fixes. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { closeEverything, codeOf, describeDiagnostics, diagnosticWith, edit, eventually, fileUri, noDiagnostics, openText, rangeOf } from "../host";

const capitals = '{"instruction": "Name the capital of France.", "output": "Paris."}\n{"instruction": "Name the capital of Italy.", "output": "Rome."}\n';

/** The quick fixes that VS Code offers at a diagnostic, as the light bulb would. */
const quickFixes = (document: vscode.TextDocument, diagnostic: vscode.Diagnostic): Thenable<vscode.CodeAction[]> =>
  vscode.commands.executeCommand<vscode.CodeAction[]>("vscode.executeCodeActionProvider", document.uri, diagnostic.range, vscode.CodeActionKind.QuickFix.value, 20);

const applyPreferred = async (document: vscode.TextDocument, diagnostic: vscode.Diagnostic): Promise<void> => {
  const actions = await quickFixes(document, diagnostic);
  const preferred = actions.find((action) => action.isPreferred) ?? actions[0];
  assert(preferred?.edit, `no quick fix for ${codeOf(diagnostic)}; offered: ${actions.map((action) => action.title).join(", ") || "nothing"}`);
  assert(await vscode.workspace.applyEdit(preferred.edit));
};

describe("dataset", () => {
  afterEach(closeEverything);

  it("finds nothing wrong with a sound file", async () => {
    const document = await openText("sound.jsonl", capitals);
    await edit(document, rangeOf(document, "Rome."), "");
    await diagnosticWith(document.uri, "empty-output"); // so that silence below means "looked and found nothing"
    await edit(document, rangeOf(document, '"output": ""'), '"output": "Rome."');
    await noDiagnostics(document.uri);
  });

  it("underlines an emptied answer before the file is saved", async () => {
    const document = await openText("unsaved.jsonl", capitals);
    await edit(document, rangeOf(document, "Rome."), "");
    const found = await diagnosticWith(document.uri, "empty-output");
    assert(document.isDirty);
    assert.equal(found.range.start.line, 1);
    assert.equal(document.getText(found.range), '""');
    assert.equal(found.source, "tunesmith");
    assert.equal(vscode.languages.getDiagnostics(document.uri).length, 1, describeDiagnostics(document.uri));
  });

  it("underlines only the comma that is too many, and removes only that", async () => {
    const document = await openText("comma.jsonl", capitals);
    await edit(document, rangeOf(document, '"Paris."}'), '"Paris.",}');
    const found = await diagnosticWith(document.uri, "json-syntax");
    assert.equal(found.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(document.getText(found.range), ",");
    assert.equal(found.range.start.character, document.lineAt(0).text.indexOf(",}"));
    await applyPreferred(document, found);
    assert.equal(document.getText(), capitals);
    await noDiagnostics(document.uri);
  });

  it("repairs a chat row whose quotes are not escaped", async () => {
    const broken = '{"messages": [{"role": "user", "content": "Say "hi"."}, {"role": "assistant", "content": "hi"}]}\n';
    const document = await openText("quotes.jsonl", broken);
    await applyPreferred(document, await diagnosticWith(document.uri, "json-syntax"));
    await noDiagnostics(document.uri);
    assert.equal((JSON.parse(document.getText()) as { messages: { content: string }[] }).messages[0]?.content, 'Say "hi".');
  });

  it("fixes all that can be fixed with the editor's own command, and only that", async () => {
    const sound = '{"instruction":"a","output":"b"}';
    const document = await openText("many.jsonl", `${sound}\n{"instruction":"c","output":"d",}\n{'instruction':"e","output":"f"}\n`);
    await diagnosticWith(document.uri, "json-syntax");
    const repaired = `${sound}\n{"instruction":"c","output":"d"}\n{"instruction":"e","output":"f"}\n`;
    // The command does nothing while the editor does not know yet that there is a provider of such actions: a person would press again.
    await eventually("every row is repaired", async () => {
      if (document.getText() !== repaired) await vscode.commands.executeCommand("editor.action.fixAll");
      return document.getText() === repaired;
    }, { describe: () => document.getText() });
    await noDiagnostics(document.uri);
  });

  it("reads columns as a dataset_info.json beside the file names them, as soon as it says so", async () => {
    const document = await openText("mine.jsonl", '{"ticket":"a","reply":""}\n');
    const info = fileUri("dataset_info.json");
    try {
      await vscode.workspace.fs.writeFile(info, Buffer.from(JSON.stringify({ mine: { file_name: "mine.jsonl", columns: { prompt: "ticket", response: "reply" } } })));
      await diagnosticWith(document.uri, "empty-output");
      await edit(document, rangeOf(document, '""'), '"b"');
      await noDiagnostics(document.uri);
    } finally {
      await vscode.workspace.fs.delete(info);
    }
  });

  it("leaves other JSON Lines files alone", async () => {
    const document = await openText("log.jsonl", '{"time": 1, "level": "info"}\n{"time": 2, "level": "info"}\n');
    const sound = await openText("beside.jsonl", '{"instruction":"a","output":""}\n');
    await diagnosticWith(sound.uri, "empty-output");
    const errors = vscode.languages.getDiagnostics(document.uri).filter((found) => found.severity === vscode.DiagnosticSeverity.Error);
    assert.deepEqual(errors.map(codeOf), []);
  });

  it("follows the severity that the user chose", async () => {
    const settings = vscode.workspace.getConfiguration("tunesmith");
    const document = await openText("severity.jsonl", '{"instruction":"a","output":""}\n');
    await diagnosticWith(document.uri, "empty-output");
    await settings.update("diagnostics.severity", { "empty-output": "off" }, vscode.ConfigurationTarget.Global);
    try {
      await noDiagnostics(document.uri);
    } finally {
      await settings.update("diagnostics.severity", undefined, vscode.ConfigurationTarget.Global);
    }
    await diagnosticWith(document.uri, "empty-output");
  });
});
