// Owns driving a VS Code window in a browser as a person would: palette, files, editors, webviews, screenshots. Starts no server.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { chromium } from "playwright-core";
import { markedEnvironment } from "./processes.mjs";
import { themes } from "./server.mjs";

/** Starts the browser. */
export function openBrowser(executablePath) {
  return chromium.launch({
    executablePath, headless: true, env: { ...process.env, ...markedEnvironment },
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
  });
}

/** Opens a window and waits until its files are listed; the extensions may still be starting. */
export async function openWindow(page, address) {
  await page.goto(address, { waitUntil: "domcontentloaded", timeout: 60_000 });
  await windowReady(page);
}

export async function windowReady(page) {
  await page.locator(".monaco-workbench .part.statusbar").waitFor({ timeout: 60_000 });
  await page.locator(".part.editor").first().waitFor({ timeout: 60_000 });
}

/** As a person reloads: by the command, which first keeps what is open. A browser's own reload may come before that is written. */
export async function reloadWindow(page) {
  await page.evaluate(() => { window.beforeReload = true; });
  await runCommand(page, "Developer: Reload Window");
  await page.waitForFunction(() => !window.beforeReload, undefined, { timeout: 30_000 });
  await windowReady(page);
}

const quickInput = (page) => page.locator(".quick-input-widget:visible");

/** The rows of the open quick pick whose text contains `text`. */
export const pickRow = (page, text) => quickInput(page).locator(".quick-input-list .monaco-list-row").filter({ hasText: text }).first();

/**
 * Opens a quick pick and does something in it; a person whose quick pick closes under the hands, because a page that has just
 * loaded took the focus or the one before was still closing, opens it again, and so does this until `timeout` milliseconds passed.
 */
async function inQuickPick(page, what, timeout, attempt) {
  const deadline = Date.now() + timeout;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      await page.keyboard.press("Escape");
      if (Date.now() > deadline) throw new Error(`The quick pick could not be used to ${what}.`, { cause: error });
    }
  }
}

/** Types into the field of the open quick pick. */
const typeInto = (page, text) => quickInput(page).locator(".quick-input-filter input").fill(text, { timeout: 3000 });

/**
 * Opens a quick pick by its key, types `text` and takes the row. A list that was made before the extension registered, or before
 * a new file was noticed, does not learn of it: then too it is closed and opened again.
 */
const pickByKey = (page, key, text, rowOf, timeout) => inQuickPick(page, `take "${text}"`, timeout, async () => {
  await page.keyboard.press(key);
  await typeInto(page, text);
  await rowOf(quickInput(page).locator(".quick-input-list .monaco-list-row")).first().click({ timeout: Math.min(3000, timeout) });
});

/** Runs a command by its title ("Tunesmith: Open Playground") from the palette. Waits for it to be offered, which is when its extension is known. */
export const runCommand = (page, title, timeout = 30_000) =>
  pickByKey(page, "F1", `>${title}`, (rows) => rows.and(page.locator(`[aria-label^=${JSON.stringify(title)}]`)), timeout);

/** Chooses a row of the open quick pick by the start of a text it shows. */
export async function choose(page, text, timeout = 15_000) {
  const row = pickRow(page, text);
  await row.waitFor({ timeout });
  await row.click();
}

/** Opens a file of the folder by name. */
export async function openFile(page, name) {
  const file = name.split("/").pop();
  await pickByKey(page, "Control+P", name, (rows) => rows.filter({ hasText: file }), 30_000);
  await page.locator(".editor-group-container.active .tab.active").filter({ hasText: file }).waitFor({ timeout: 15_000 });
  await page.locator(`.editor-group-container.active .monaco-editor[data-uri$=${JSON.stringify(file)}] .view-line`).first().waitFor({ timeout: 15_000 });
}

/** Puts the cursor of the active editor at a line and column, both from 1. */
export const goTo = (page, line, column = 1) => inQuickPick(page, `go to ${line}:${column}`, 20_000, async () => {
  await page.keyboard.press("Control+G");
  await typeInto(page, `:${line}:${column}`);
  await page.keyboard.press("Enter");
  await quickInput(page).waitFor({ state: "hidden", timeout: 10_000 });
});

/** The document of the webview whose editor tab is showing. VS Code nests it: page > iframe.webview > iframe#active-frame. */
export const webview = (page) => page.frameLocator("iframe.webview.ready:visible").first().frameLocator("iframe#active-frame");

/** The document of the extension's own page of that name (`<main data-page>`), whichever tab or side it is in. */
export async function extensionPage(page, name, timeout = 30_000) {
  const deadline = Date.now() + timeout;
  for (;;) {
    for (const frame of page.frames()) {
      // A frame may be gone by the time it is asked, as VS Code swaps them.
      const found = await frame.locator(`main[data-page=${JSON.stringify(name)}]`).isVisible().catch(() => false);
      if (found) return frame;
    }
    if (Date.now() > deadline) throw new Error(`No ${name} page is showing; frames: ${page.frames().map((frame) => frame.url().slice(0, 80)).join(", ")}`);
    await page.waitForTimeout(100);
  }
}

/** Gives the window another theme, by its own command: this server does not notice a changed settings file. */
export async function changeTheme(page, theme) {
  const { label, kind } = themes[theme];
  await inQuickPick(page, `choose the theme ${label}`, 30_000, async () => {
    await runCommand(page, "Preferences: Color Theme");
    // The palette's own field goes before the picker's comes; only the picker lists themes.
    await pickRow(page, /Dark 2026|Light 2026|High Contrast/).waitFor({ timeout: 10_000 });
    await typeInto(page, label);
    await pickRow(page, label).click({ timeout: 5000 });
    await quickInput(page).waitFor({ state: "hidden", timeout: 10_000 });
  });
  await page.locator(`.monaco-workbench.${kind}`).first().waitFor({ timeout: 10_000 });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Closes notifications, so that a screenshot shows the screen and not them. */
export const clearNotifications = (page) => runCommand(page, "Notifications: Clear All Notifications");

export async function screenshot(page, path) {
  mkdirSync(dirname(path), { recursive: true });
  await page.screenshot({ path, animations: "disabled", timeout: 15_000 });
}
