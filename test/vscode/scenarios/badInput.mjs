// What cannot be trained: each fault gives one message that says what is wrong and what to do next, and no run that pretends.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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
  {
    name: "a tokenizer that does not fit", says: /embedding/i,
    make: (folder) => {
      cpSync(join(checkout, "starter", "base"), join(folder, "strange"), { recursive: true });
      const tokenizer = JSON.parse(readFileSync(join(folder, "strange", "tokenizer.json"), "utf8"));
      tokenizer.added_tokens.push({ ...tokenizer.added_tokens[0], id: 5000, content: "<|strange|>" });
      writeFileSync(join(folder, "strange", "tokenizer.json"), JSON.stringify(tokenizer));
      return { data: "row.jsonl", base: "strange" };
    },
  },
  {
    name: "a full disk", says: /no room/i, needs: canMount,
    make: (folder) => {
      // The runs lie on a disk of their own, too small for a checkpoint.
      mkdirSync(join(folder, ".tunesmith", "runs"), { recursive: true });
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=300k", "tmpfs", join(folder, ".tunesmith", "runs")]);
      return { data: "row.jsonl" };
    },
    clear: (folder) => { execFileSync("umount", ["--lazy", join(folder, ".tunesmith", "runs")]); },
  },
];

/** Only root on Linux may mount a disk, and not in every container. */
function canMount() {
  const place = mkdtempSync(join(tmpdir(), "tunesmith-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=300k", "tmpfs", place], { stdio: "ignore" });
    execFileSync("umount", [place]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** What the window tells right now: notifications other than progress, and the fault that a run view shows. */
async function told(page) {
  const notifications = (await page.locator(".notifications-toasts .notification-list-item-message").allInnerTexts()).filter((text) => !text.startsWith("Starting"));
  const views = await Promise.all(page.frames().map((frame) => frame.locator('main[data-page="runView"] #error:visible .body').allInnerTexts().catch(() => []))); // a frame may be gone by now
  return [...notifications, ...views.flat()];
}

export async function run({ page, folder, step, shot }) {
  writeFileSync(join(folder, "row.jsonl"), Array.from({ length: 8 }, (_, index) => `${JSON.stringify({ instruction: `Say ${index}.`, output: String(index) })}\n`).join(""));
  for (const [index, { name, says, make, needs = () => true, clear }] of cases.entries()) {
    if (!needs()) continue;
    await step(name, async () => {
      try {
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
      } finally {
        clear?.(folder);
      }
    });
  }
}
