/** A `*.mix.json` is checked by its schema, and built by a process that is not the extension host. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { closeEverything, describeDiagnostics, edit, eventually, fileUri, noDiagnostics, openText, rangeOf } from "../host";

const rows = (count: number, of: string): string => Array.from({ length: count }, (_, i) => `${JSON.stringify({ instruction: `What does ${of} number ${i} weigh, ${"abcdefgh"[i % 8]!}${i * 7}?`, output: `${i * i + 3} stones.` })}\n`).join("");
const read = async (name: string): Promise<string[] | undefined> => {
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(fileUri(name))).split("\n").slice(0, -1);
  } catch (error) {
    if (error instanceof vscode.FileSystemError) return undefined;
    throw error;
  }
};

describe("mixture", () => {
  afterEach(closeEverything);

  it("underlines a wrong share, and writes training and evaluation files once it is mended", async () => {
    await vscode.workspace.fs.writeFile(fileUri("whales.jsonl"), Buffer.from(rows(40, "whale")));
    await vscode.workspace.fs.writeFile(fileUri("mice.jsonl"), Buffer.from(rows(20, "mouse")));
    const document = await openText("animals.mix.json", '{\n  // two kinds\n  "sources": [{ "file": "whales.jsonl", "weight": -1 }, { "file": "mice.jsonl" }],\n  "mixing": "equal"\n}\n');
    await eventually("the weight underlined", () => vscode.languages.getDiagnostics(document.uri).some((found) => document.getText(found.range) === "-1"), { describe: () => describeDiagnostics(document.uri) });
    await edit(document, rangeOf(document, "-1"), "1");
    await noDiagnostics(document.uri);

    void vscode.commands.executeCommand("tunesmith.buildMixture", document.uri); // It ends when somebody answers its message.
    const lock = await eventually("the lock file", () => read("animals.mix.lock.json"), { timeoutMs: 20_000 });
    assert.equal(document.isDirty, false);
    const [train, held] = [await read("animals.train.jsonl"), await read("animals.eval.jsonl")];
    assert.equal(train!.length + held!.length, 40);
    assert(held!.length >= 1);
    assert.equal([...train!, ...held!].filter((row) => row.includes("whale")).length, 20);
    assert.deepEqual((JSON.parse(lock.join("\n")) as { tasks: { task: string; rows: number }[] }).tasks.map(({ task, rows: count }) => [task, count]), [["whales.jsonl", 20], ["mice.jsonl", 20]]);
    await vscode.commands.executeCommand("notifications.clearAll");
  });
});
