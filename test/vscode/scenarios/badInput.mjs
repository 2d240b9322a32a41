// What cannot be trained: each fault gives one message that says what is wrong and what to do next, and no run that pretends.
import { cpSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../../scripts/vscode/cache.mjs";
import { clearNotifications, runCommand } from "../../../scripts/vscode/workbench.mjs";
import { startFromTitleBar, until } from "../person.mjs";

export const title = "each fault gives one message with a next step";
export const timeoutMs = 120_000;

const cases = [
  {
    name: "a dataset with no usable row", says: /no row|usable/i,
    make: (folder) => { writeFileSync(join(folder, "empty.jsonl"), '{"instruction": "Say hi.", "output": ""}\n'); return { data: "empty.jsonl" }; },
  },
  { name: "a dataset that is not there", says: /nowhere\.jsonl/, make: () => ({ data: "nowhere.jsonl" }) },
  { name: "a base that is not there", says: /no model folder|there is no/i, make: () => ({ data: "row.jsonl", base: "models/none" }) },
  {
    name: "a truncated model.safetensors", says: /truncated|cut|ends|shorter|bytes/i,
    make: (folder) => {
      cpSync(join(checkout, "starter", "base"), join(folder, "cut"), { recursive: true });
      truncateSync(join(folder, "cut", "model.safetensors"), 500_000);
      return { data: "row.jsonl", base: "cut" };
    },
  },
  {
    name: "an unknown architecture", says: /architecture|model_type/i,
    make: (folder) => {
      cpSync(join(checkout, "starter", "base"), join(folder, "odd"), { recursive: true });
      writeFileSync(join(folder, "odd", "config.json"), JSON.stringify({ model_type: "perceiver", architectures: ["PerceiverForMaskedLM"] }));
      return { data: "row.jsonl", base: "odd" };
    },
  },
];

/** What the window tells right now: notifications other than progress, and the fault that a run view shows. */
async function told(page) {
  const notifications = (await page.locator(".notifications-toasts .notification-list-item-message").allInnerTexts()).filter((text) => !text.startsWith("Starting"));
  const views = await Promise.all(page.frames().map((frame) => frame.locator('main[data-page="runView"] #error:visible .body').allInnerTexts().catch(() => []))); // a frame may be gone by now
  return [...notifications, ...views.flat()];
}

export async function run({ page, folder, step, shot }) {
  writeFileSync(join(folder, "row.jsonl"), Array.from({ length: 8 }, (_, index) => `${JSON.stringify({ instruction: `Say ${index}.`, output: String(index) })}\n`).join(""));
  for (const [index, { name, says, make }] of cases.entries()) {
    await step(name, async () => {
      const file = `fault${index}.tune.json`;
      writeFileSync(join(folder, file), JSON.stringify({ max_steps: 4, ...make(folder) }));
      await startFromTitleBar(page, file);
      await until("a message", async () => (await told(page)).length > 0, 30_000);
      await page.waitForTimeout(1500); // a second message would come about now
      const messages = await told(page);
      await shot(String(index));
      if (messages.length !== 1 || !says.test(messages[0]) || /\n\s*at /.test(messages[0])) throw new Error(`${messages.length} messages: ${messages.join(" | ")}`);
      await runCommand(page, "View: Close All Editors");
      if (await page.locator(".notifications-toasts .notification-list-item").count() > 0) await clearNotifications(page);
      await until("the message is gone", async () => (await told(page)).length === 0);
    });
  }
}
