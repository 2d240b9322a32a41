// What a person does with Tunesmith in a VS Code window, step by step; shared by the scenarios. Knows its screens, not its code.
import { readFileSync } from "node:fs";
import { extensionPage, goTo, openFile } from "../../scripts/vscode/workbench.mjs";

/** The same dataset with one comma too many at the end of a row; `line` counts from 1. */
export function faultInRow(text, line) {
  const lines = text.split("\n");
  lines[line - 1] = lines[line - 1].replace(/\}\s*$/, ",}");
  return { text: lines.join("\n"), line };
}

export const underlined = (page) => page.locator(".monaco-editor .squiggly-error").first().waitFor({ timeout: 30_000 });

/** Puts the cursor on the underlined row, opens the light bulb by its key and takes the first repair. */
export async function mendByLightBulb(page, line, lookAtMenu) {
  await goTo(page, line, 1);
  await page.keyboard.press("F8"); // to the problem itself, wherever in the row it is
  await page.keyboard.press("Escape"); // closes the message that F8 opens
  const first = page.locator(".action-widget .monaco-list-row.action").first();
  // Pressed while the message still closes, the key goes nowhere; a person presses it again.
  await until("the light bulb's menu opens", async () => {
    await page.keyboard.press("Control+.");
    return first.waitFor({ timeout: 3_000 }).then(() => true, () => false);
  });
  await lookAtMenu();
  await first.click();
  await page.locator(".monaco-editor .squiggly-error").first().waitFor({ state: "detached", timeout: 15_000 });
}

/** Asks again until the answer is true. */
export async function until(what, ask, timeoutMs = 20_000) {
  for (const deadline = Date.now() + timeoutMs; !(await ask());) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** Saves the active editor and waits until the file on disk holds exactly `wanted`. */
export async function saveFile(page, path, wanted) {
  await page.keyboard.press("Control+S");
  await until(`${path} holds what was expected`, () => readFileSync(path, "utf8") === wanted);
}

export async function startFromTitleBar(page, config) {
  await openFile(page, config);
  await page.locator('.editor-group-container.active .editor-actions a[aria-label^="Start Tuning Run"]').click({ timeout: 20_000 });
}

/** Waits until the run view shows a run in this state: queued, running, finished, stopped, failed. */
export async function runIs(page, status, timeoutMs = 40_000) {
  const view = await extensionPage(page, "runView", timeoutMs);
  await view.locator(`#status[data-status="${status}"]`).waitFor({ timeout: timeoutMs });
}

/** Waits until the number of finished steps that the run view shows is as wanted, and returns it. */
export async function stepsOf(page, wanted = () => true, timeoutMs = 40_000) {
  const view = await extensionPage(page, "runView");
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const shown = (await view.locator("#step").innerText({ timeout: 20_000 })).replaceAll(",", "");
    const steps = Number.parseInt(shown, 10);
    if (Number.isInteger(steps) && wanted(steps)) return steps;
    if (Date.now() > deadline) throw new Error(`The run view shows step "${shown}".`);
    await page.waitForTimeout(100);
  }
}

/** How many columns of the loss chart's plot hold something in the colour of the loss. */
export async function paintedPoints(page) {
  const view = await extensionPage(page, "runView");
  return view.locator("#lossChart canvas").first().evaluate((canvas) => {
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--vscode-charts-blue");
    probe.fillRect(0, 0, 1, 1);
    const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
    const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const columns = new Set();
    for (let at = 0; at < data.length; at += 4) {
      const near = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue) < 60;
      if (near && data[at + 3] > 60) columns.add((at / 4) % width);
    }
    return columns.size;
  });
}

/** From a finished run's view to the playground with its adapter chosen. */
export async function openPlaygroundOfRun(page) {
  await (await extensionPage(page, "runView")).locator("#playground").click({ timeout: 20_000 });
  const playground = await extensionPage(page, "playground");
  await playground.locator('#adapters input[type="checkbox"]:checked').first().waitFor({ timeout: 20_000 });
}

/** Asks, waits for every answer to end, and returns their texts: the base's first. */
export async function askPlayground(page, prompt) {
  const view = await extensionPage(page, "playground");
  await view.locator("#prompt").fill(prompt);
  await view.locator("#prompt").press("Enter"); // the Send button may lie under a notification
  const exchange = view.locator("article.exchange").last();
  await exchange.locator(".prompt").filter({ hasText: prompt.split("\n")[0] }).waitFor({ timeout: 10_000 });
  const ended = '.answer[data-state="done"], .answer[data-state="failed"], .answer[data-state="stopped"]';
  const failure = exchange.locator(".message.error");
  await until("every answer ended", async () => {
    if (await failure.isVisible()) throw new Error(`The playground says: ${await failure.innerText()}`);
    const count = await exchange.locator(".answer").count();
    return count > 0 && await exchange.locator(ended).count() === count;
  }, 60_000);
  return exchange.locator('.answer[data-state="done"] .text').allInnerTexts();
}
