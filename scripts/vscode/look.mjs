// Opens the development extension in a real VS Code window, does what the arguments say in their order, and takes screenshots.
import { resolve } from "node:path";
import { checkout } from "./cache.mjs";
import { inWindow } from "./session.mjs";
import { setUp } from "./setup.mjs";
import { changeTheme, choose, clearNotifications, goTo, openFile, reloadWindow, runCommand, screenshot, webview } from "./workbench.mjs";

const help = `node scripts/vscode/look.mjs --folder DIR [options] [actions in order...]
options  --theme dark|light|contrast|contrast-light   --size 1400x900   --setting key=json   --trust (turn workspace trust on)   --timeout SECONDS (180)
actions  --open FILE            open a file of the folder            --goto LINE[:COLUMN]    put the cursor
         --command TITLE        run it from the palette              --pick TEXT             choose a row of the quick pick
         --key Control+.        press keys                           --type TEXT             type where the focus is
         --click SELECTOR       click in the workbench (Playwright selectors: text=Allow, .codicon-play)
         --wclick SELECTOR      click in the visible webview         --wfill SELECTOR=TEXT   fill a field of it
         --wait MS              --wait-for SELECTOR  (workbench)     --wwait SELECTOR        (webview)
         --wtext SELECTOR       print the text of an element of the webview        --text SELECTOR    of the workbench
         --change-theme NAME    --reload                reload the window
         --clear                clear notifications                  --shot FILE.png         take a screenshot
DIR is opened in place: what the extension writes (runs, files) stays in it. Ends with the errors that the extension and its webviews logged.`;

const parseSetting = (text) => {
  const at = text.indexOf("=");
  return { [text.slice(0, at)]: JSON.parse(text.slice(at + 1)) };
};

const options = { theme: "dark", settings: {}, timeoutMs: 180_000 };
const actions = [];
const args = process.argv.slice(2);
for (let flag = args.shift(); flag !== undefined; flag = args.shift()) {
  if (!flag.startsWith("--")) fail(`unexpected "${flag}"`);
  const name = flag.slice(2);
  if (name === "trust") options.trust = true;
  else if (name === "reload" || name === "clear") actions.push([name]);
  else {
    const value = args.shift();
    if (value === undefined) fail(`${flag} needs a value`);
    if (name === "folder") options.folder = resolve(value);
    else if (name === "theme") options.theme = value;
    else if (name === "size") options.size = { width: Number(value.split("x")[0]), height: Number(value.split("x")[1]) };
    else if (name === "setting") Object.assign(options.settings, parseSetting(value));
    else if (name === "timeout") options.timeoutMs = Number(value) * 1000;
    else actions.push([name, value]);
  }
}
if (!options.folder) fail("--folder is missing");

function fail(why) {
  console.error(`${why}\n\n${help}`);
  process.exit(2);
}

/** One entry an action: how it is done. */
const perform = {
  open: ({ page }, name) => openFile(page, name),
  goto: ({ page }, place) => goTo(page, ...place.split(":").map(Number)),
  command: ({ page }, title) => runCommand(page, title),
  pick: ({ page }, text) => choose(page, text),
  key: ({ page }, keys) => page.keyboard.press(keys),
  type: ({ page }, text) => page.keyboard.type(text, { delay: 5 }),
  click: ({ page }, selector) => page.locator(selector).first().click({ timeout: 20_000 }),
  wclick: ({ page }, selector) => webview(page).locator(selector).first().click({ timeout: 20_000 }),
  wfill: ({ page }, text) => webview(page).locator(text.slice(0, text.lastIndexOf("="))).first().fill(text.slice(text.lastIndexOf("=") + 1), { timeout: 20_000 }),
  wait: ({ page }, ms) => page.waitForTimeout(Number(ms)),
  "wait-for": ({ page }, selector) => page.locator(selector).first().waitFor({ timeout: 60_000 }),
  wwait: ({ page }, selector) => webview(page).locator(selector).first().waitFor({ timeout: 60_000 }),
  text: async ({ page }, selector) => console.log(await page.locator(selector).allInnerTexts()),
  wtext: async ({ page }, selector) => console.log(await webview(page).locator(selector).allInnerTexts()),
  "change-theme": ({ page }, theme) => changeTheme(page, theme),
  reload: ({ page }) => reloadWindow(page),
  clear: ({ page }) => clearNotifications(page),
  shot: async ({ page }, file) => { await screenshot(page, resolve(file)); console.log(`screenshot: ${resolve(file)}`); },
};
for (const [name] of actions) if (!perform[name]) fail(`unknown action --${name}`);

await inWindow(await setUp(), { ...options, name: "look", development: checkout }, async (session) => {
  for (const [name, value] of actions) {
    try {
      await perform[name](session, value);
    } catch (error) {
      throw new Error(`--${name} ${value ?? ""}: ${error.message}`, { cause: error });
    }
  }
  const complaints = Object.entries(session.server.logs()).flatMap(([file, text]) => text.split("\n").filter((line) => /\[error\]/.test(line) || /tunesmith/i.test(file)).map((line) => `${file}: ${line}`));
  const fromPages = session.consoleLines.filter((line) => /^(error|uncaught|warning)/.test(line) && /tunesmith|webview|main\.js|Content Security/i.test(line));
  console.log([...complaints, ...fromPages].join("\n"));
}).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
