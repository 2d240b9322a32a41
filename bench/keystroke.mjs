// `node bench/keystroke.mjs [--rows 10000] [--file data.jsonl] [--preview both|no|yes]`: how long after a key a real VS Code window shows what it changed, as an
// underlined problem and in the row preview, first with the preview closed, then with it open. Both are watched in their own pages from the key's own event on, so that
// the editor's, the extension's and the browser's time all count; a page's observer answers at the change itself, with no polling and no screenshot.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildExtension } from "../scripts/vscode/build.mjs";
import { checkout } from "../scripts/vscode/cache.mjs";
import { inWindow } from "../scripts/vscode/session.mjs";
import { setUp } from "../scripts/vscode/setup.mjs";
import { extensionPage, goTo, openFile, runCommand } from "../scripts/vscode/workbench.mjs";
import { makeWorkspace } from "../scripts/vscode/workspace.mjs";

const { values: { rows, file, keys, preview, settle } } = parseArgs({ options: { rows: { type: "string", default: "10000" }, file: { type: "string" }, keys: { type: "string", default: "20" }, preview: { type: "string", default: "both" }, settle: { type: "string", default: "40" } } });
const KEYS = Number(keys);

/** Rows of some 400 characters, no two alike. */
const made = (count) => Array.from({ length: count }, (_, number) => JSON.stringify({
  instruction: `Explain what a traveller should know about place number ${number} before going there.`, input: "",
  output: Array.from({ length: 48 }, (__, word) => ["river", "market", "old", "hill", "bread", "north", "winter", "stone"][(number * 7 + word * word) % 8] + (word === number % 48 ? String(number) : "")).join(" ") + ".",
})).map((row) => `${row}\n`).join("");

/** Nearest rank. */
const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)];
const told = (values) => `median ${quantile(values, 0.5)}, p90 ${quantile(values, 0.9)} (${Math.min(...values)} to ${Math.max(...values)})`;

/** In the page: remembers when the last key came, by the clock that all pages share. */
const watchKeys = () => addEventListener("keydown", () => { window.keyAt = Date.now(); }, true);
/** In a page: answers when `selector` shows `words` (or nothing of it is left), at the moment it changes. */
const whenShown = ({ selector, words, gone }) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error(`not within 15 s: ${selector} ${words ?? ""}`)), 15_000);
  const there = () => { const found = [...document.querySelectorAll(selector)]; return gone ? found.length === 0 : found.some((each) => words === undefined || each.textContent.includes(words)); };
  if (there()) return done(Date.now());
  const observer = new MutationObserver(() => { if (there()) { observer.disconnect(); done(Date.now()); } });
  observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
});

await buildExtension();
const workspace = await makeWorkspace();
try {
  writeFileSync(join(workspace.folder, "keys.jsonl"), file ? readFileSync(file) : made(Number(rows)));
  await inWindow(await setUp(), { name: "keystroke", folder: workspace.folder, development: checkout, timeoutMs: 240_000 }, async ({ page, server }) => {
    await openFile(page, "keys.jsonl");
    await page.evaluate(watchKeys);
    const column = readFileSync(join(workspace.folder, "keys.jsonl"), "utf8").split("\n")[1].search(/:\s*"/) + 8;
    await page.waitForTimeout(1000 * Number(settle)); // The file is compared, and its rows are read with the base, once.
    for (const open of preview === "both" ? [false, true] : [preview === "yes"]) await measure(page, column, open);
    for (const [name, text] of Object.entries(server.logs())) if (/unesmith/.test(name) && text.trim()) console.log(text.split("\n").slice(-Number(process.env.LINES ?? 0)).join("\n"));
  });
} finally {
  workspace.remove();
}
process.exit(0);

async function measure(page, column, open) {
  let view;
  if (open) {
    await goTo(page, 2, column);
    await runCommand(page, "Tunesmith: Open Row Preview to the Side");
    view = await extensionPage(page, "rowPreview");
    await view.locator("#text .turn").first().waitFor();
    await page.waitForTimeout(2000);
  }
  console.log(`\npreview ${open ? "open" : "closed"}; load ${loadavg()[0].toFixed(1)} on ${cpus().length} cores`);
  await page.locator(".monaco-editor[data-uri$='keys.jsonl'] .view-line").first().click();
  await goTo(page, 2, column);
  await page.waitForTimeout(1000);

  if (view) {
    const times = [];
    let typed = "";
    for (let key = 0; key < KEYS; key++) {
      typed += "zq7xj93kvw"[key % 10];
      const shown = view.evaluate(whenShown, { selector: "#text", words: typed });
      await page.keyboard.press(typed.at(-1));
      times.push(await shown - await page.evaluate(() => window.keyAt));
      await page.waitForTimeout(700);
    }
    console.log(`preview, ms after a key: ${told(times)}   ${times.join(" ")}`);
  }
  // What the window itself takes to show a letter, with nothing of the extension in it.
  const letters = [];
  for (let key = 0; key < KEYS; key++) {
    const before = "QZXJ".repeat(10).slice(0, key + 1);
    const shown = page.evaluate(whenShown, { selector: ".monaco-editor[data-uri$='keys.jsonl'] .view-line", words: before });
    await page.keyboard.press(before.at(-1));
    letters.push(await shown - await page.evaluate(() => window.keyAt));
    await page.waitForTimeout(500);
  }
  console.log(`the letter itself stands in the editor, ms after a key: ${told(letters)}`);
  const [come, go] = [[], []];
  for (let key = 0; key < KEYS; key++) {
    for (const [pressed, gone, list] of [['"', false, come], ["Backspace", true, go]]) {
      const shown = page.evaluate(whenShown, { selector: ".monaco-editor[data-uri$='keys.jsonl'] .squiggly-error", gone });
      await page.keyboard.press(pressed);
      list.push(await shown - await page.evaluate(() => window.keyAt));
      await page.waitForTimeout(700);
    }
  }
  console.log(`a problem is underlined, ms after a key: ${told(come)}   ${come.join(" ")}`);
  console.log(`it is gone, ms after the key that mends it: ${told(go)}   ${go.join(" ")}`);
}
