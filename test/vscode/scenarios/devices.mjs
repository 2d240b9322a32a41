// Devices, as a person meets them: what is usable and why the rest is not, and a choice.
import { runCommand } from "../../../scripts/vscode/workbench.mjs";
import { until } from "../person.mjs";

export const title = "devices are listed with their reasons and chosen";
export const timeoutMs = 180_000;

export async function run({ page, step, shot }) {
  const rows = page.locator(".quick-input-widget .monaco-list-row");
  const row = (name) => page.locator(`.quick-input-widget .monaco-list-row[aria-label*="${name},"]`);
  const listed = () => until("the devices have been tried", async () => await row("auto").count() > 0);

  await step("Set Up GPU lists every device with what keeps it from use, and checks again", async () => {
    await runCommand(page, "Tunesmith: Set Up GPU");
    await listed();
    for (const name of ["cpu", "cuda", "webgpu", "directml"]) await row(name).first().waitFor();
    if (!/self-check passed/.test(await row("cpu").first().innerText())) throw new Error(await row("cpu").first().innerText());
    await shot("1-devices");
    await row("webgpu").first().click();
    const dialog = page.locator(".monaco-dialog-box");
    await dialog.waitFor();
    if (!/graphics adapter|libraries/.test(await dialog.innerText())) throw new Error(await dialog.innerText());
    await shot("2-why");
    await dialog.getByRole("button", { name: "Check Again" }).click();
    await listed();
    await page.keyboard.press("Escape");
  });

  await step("a device is chosen with the keyboard, and the setting holds it", async () => {
    await runCommand(page, "Tunesmith: Choose Device");
    await listed();
    await page.keyboard.type("works everywhere");
    await until("the CPU alone is left", async () => /cpu/.test(await rows.first().innerText()));
    await page.keyboard.press("Enter");
    await page.getByText("Runs train on cpu from now on.").first().waitFor();
  });
}
