/** A `*.tune.json` file is completed and checked by the schema of run configs. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { closeEverything, describeDiagnostics, edit, eventually, noDiagnostics, openText, rangeOf } from "../host";

describe("run config", () => {
  afterEach(closeEverything);

  it("accepts a sound config, and underlines a wrong type and an unknown name", async () => {
    const document = await openText("check.tune.json", '{\n  "data": "train.jsonl",\n  "learning_rate": 0.001\n}\n');
    await edit(document, rangeOf(document, "0.001"), '"fast"');
    const wrong = await eventually("the type of learning_rate", () => vscode.languages.getDiagnostics(document.uri).find((found) => document.getText(found.range).includes("fast")), { describe: () => describeDiagnostics(document.uri) });
    assert.equal(wrong.range.start.line, 2);
    await edit(document, rangeOf(document, '"fast"'), '0.001,\n  "learing_rate": 1');
    await eventually("the misspelt name", () => vscode.languages.getDiagnostics(document.uri).find((found) => document.getText(found.range).includes("learing_rate")), { describe: () => describeDiagnostics(document.uri) });
    await edit(document, rangeOf(document, ',\n  "learing_rate": 1'), "");
    await noDiagnostics(document.uri);
  });

  it("offers the names that a config may have, with their meaning", async () => {
    const document = await openText("complete.tune.json", '{\n  "data": "train.jsonl",\n  ""\n}\n');
    const inside = document.positionAt(document.getText().indexOf('""') + 1);
    const offered = await eventually("completions", async () => {
      const found = await vscode.commands.executeCommand<vscode.CompletionList>("vscode.executeCompletionItemProvider", document.uri, inside);
      return found.items.some((item) => labelOf(item).includes("num_train_epochs")) && found.items;
    });
    const names = offered.map(labelOf);
    for (const name of ["base", "lora", "max_length", "learning_rate", "lr_scheduler_type"]) assert(names.some((label) => label.includes(name)), `${name} is not among ${names.join(", ")}`);
    const epochs = offered.find((item) => labelOf(item).includes("num_train_epochs"));
    assert(epochs?.documentation, "num_train_epochs is not explained");
  });
});

const labelOf = (item: vscode.CompletionItem): string => typeof item.label === "string" ? item.label : item.label.label;
