/** Rows under names of their own: the light bulb offers to describe them, and the folder's settings say what they are called. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { closeEverything, describeDiagnostics, diagnosticWith, eventually, fileUri, codeOf, openText } from "../host";

const setting = (value: unknown): Thenable<void> => vscode.workspace.getConfiguration("tunesmith").update("datasets.mappings", value, vscode.ConfigurationTarget.Workspace);
const isUnknown = (uri: vscode.Uri): boolean => vscode.languages.getDiagnostics(uri).some((found) => codeOf(found) === "unknown-format");

describe("mapping", () => {
  afterEach(async () => {
    await setting(undefined);
    await closeEverything();
  });

  it("offers to describe a format that is not known", async () => {
    const document = await openText("tickets.jsonl", '{"ticket":"My lamp is dark.","reply":"Press the switch."}\n');
    const found = await diagnosticWith(document.uri, "unknown-format");
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>("vscode.executeCodeActionProvider", document.uri, found.range, vscode.CodeActionKind.QuickFix.value);
    assert.deepEqual(actions.filter(({ command }) => command?.command === "tunesmith.describeFormat").map(({ title }) => title), ["Describe this format…"]);
  });

  it("reads rows as the run config that names the file says, which goes before the settings, and as before when it is gone", async () => {
    const config = fileUri("tickets3.tune.json"), described = (response: string): Uint8Array => Buffer.from(JSON.stringify({ data: "tickets3.jsonl", mapping: { columns: { prompt: "ticket", response } } }));
    const document = await openText("tickets3.jsonl", '{"ticket":"My lamp is dark.","reply":"","note":"It is."}\n');
    await diagnosticWith(document.uri, "unknown-format");
    await vscode.workspace.fs.writeFile(config, described("reply"));
    try {
      const empty = await diagnosticWith(document.uri, "empty-output");
      assert.equal(document.getText(empty.range), '""');
      assert(!isUnknown(document.uri), describeDiagnostics(document.uri));
      await setting({ "ticket*.jsonl": { columns: { prompt: "ticket", response: "nothing" } } });
      await vscode.workspace.fs.writeFile(config, described("note"));
      await eventually("the answer is another column", () => !vscode.languages.getDiagnostics(document.uri).some((found) => ["empty-output", "missing-key", "unknown-format"].includes(codeOf(found))), { describe: () => describeDiagnostics(document.uri) });
    } finally {
      await vscode.workspace.fs.delete(config);
    }
    await setting(undefined);
    await eventually("the format is unknown again", () => isUnknown(document.uri), { describe: () => describeDiagnostics(document.uri) });
  });

  it("reads rows as the folder's settings say, at once, and as before when they are gone", async () => {
    const document = await openText("tickets2.jsonl", '{"ticket":"My lamp is dark.","reply":""}\n');
    await diagnosticWith(document.uri, "unknown-format");
    await setting({ "ticket*.jsonl": { columns: { prompt: "ticket", response: "reply" } } });
    const empty = await diagnosticWith(document.uri, "empty-output");
    assert.equal(document.getText(empty.range), '""');
    assert(!isUnknown(document.uri), describeDiagnostics(document.uri));
    assert.match(new TextDecoder().decode(await vscode.workspace.fs.readFile(fileUri(".vscode/settings.json"))), /tunesmith\.datasets\.mappings/);
    await setting(undefined);
    await eventually("the format is unknown again", () => isUnknown(document.uri), { describe: () => describeDiagnostics(document.uri) });
  });
});
