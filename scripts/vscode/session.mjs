// Owns one test session: a server, a browser and a window on a folder, opened together and always closed together.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "./cache.mjs";
import { endEverything, within } from "./processes.mjs";
import { startServer, windowAddress } from "./server.mjs";
import { openBrowser, openWindow, screenshot } from "./workbench.mjs";

/** Screenshots and, after a failure, logs. Ignored by git. */
export const shots = join(checkout, "test", "vscode", "shots");

/**
 * Opens a window on `folder` and hands it to `use`; closes everything when `use` is done. When `use` fails, a screenshot and all
 * logs lie in test/vscode/shots/failed-<name> and the error names the folder.
 * @param {object} places what `setUp` returned
 * @param {{ name: string, folder: string, development?: string, theme?: string, settings?: object, env?: object, trust?: boolean, extensions?: string, size?: {width: number, height: number}, timeoutMs: number, open?: boolean }} options
 * @param {(session: { page: import("playwright-core").Page, server: object, address: string, consoleLines: string[] }) => Promise<T>} use
 * @template T
 */
export async function inWindow(places, options, use) {
  const { name, folder, development, tests, size = { width: 1400, height: 900 }, timeoutMs, open = true } = options;
  const server = await startServer(places, options);
  let browser;
  const consoleLines = [];
  try {
    browser = await openBrowser(places.chromium);
    const context = await browser.newContext({ viewport: size, permissions: ["clipboard-read", "clipboard-write"] });
    const page = await context.newPage();
    page.on("console", (message) => consoleLines.push(`${message.type()} ${message.location().url.split("?")[0]}: ${message.text()}`));
    page.on("pageerror", (error) => consoleLines.push(`uncaught ${error.stack ?? error}`));
    const address = windowAddress(server.port, folder, { development, tests });
    const work = async () => {
      if (open) await openWindow(page, address);
      return use({ page, server, address, consoleLines });
    };
    try {
      return await within(work(), timeoutMs, name);
    } catch (error) {
      throw new Error(`${error.message}\n(screenshot and logs: ${await keepEvidence(name, page, server, consoleLines)})`, { cause: error });
    }
  } finally {
    await browser?.close();
    await server.stop();
    endEverything(); // a training worker outlives its window by design; not its test
  }
}

async function keepEvidence(name, page, server, consoleLines) {
  const folder = join(shots, `failed-${name}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "console.log"), consoleLines.join("\n"));
  for (const [file, text] of Object.entries(server.logs())) writeFileSync(join(folder, file.replaceAll("/", "--")), text);
  // The window may be what failed: then its screenshot is what fails, and the logs must do.
  await screenshot(page, join(folder, "screen.png")).catch((error) => writeFileSync(join(folder, "no-screenshot.txt"), String(error)));
  return folder;
}
