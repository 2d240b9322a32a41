// Owns running one scenario: its scratch folder, its window, its steps as tests, its screenshots.
import { join } from "node:path";
import { checkout } from "./cache.mjs";
import { within } from "./processes.mjs";
import { inWindow, shots } from "./session.mjs";
import { changeTheme, screenshot } from "./workbench.mjs";
import { makeWorkspace } from "./workspace.mjs";

/**
 * A scenario module exports `title`, `timeoutMs` and `run(session)`; `installed = true` when it wants the packaged extension, and
 * optionally `settings`, `trust`, `size`. Each `step(title, work)` counts as one test; the first that fails ends the scenario,
 * which is then tried once more from the beginning, in a new window and a new folder.
 */
export async function runScenario(places, name, scenario, { tally, installed }) {
  const first = await attempt(places, name, scenario, { tally, installed });
  if (!first) return;
  tally.tryAgain(`${name}: ${first.step}`, first.error);
  const second = await attempt(places, name, scenario, { tally, installed });
  if (second) tally.failed(`${name}: ${second.step}`, second.error);
}

/** Nothing when every step passed, otherwise the step that did not. */
async function attempt(places, name, scenario, { tally, installed }) {
  const workspace = await makeWorkspace();
  let current = "opens a window";
  const step = async (title, work, timeoutMs = 60_000) => {
    current = title;
    const began = Date.now();
    const value = await within(work(), timeoutMs, title);
    tally.passed(`${name}: ${title}`, Date.now() - began);
    return value;
  };
  const options = {
    name, folder: workspace.folder, development: installed ? undefined : checkout, extensions: installed?.extensions,
    settings: scenario.settings, trust: scenario.trust, size: scenario.size, timeoutMs: scenario.timeoutMs,
  };
  try {
    await inWindow(places, options, (session) => {
      const shot = (stage) => screenshot(session.page, join(shots, `${name}-${stage}.png`));
      /** The same stage in the dark, light and high-contrast themes; the window is dark again afterwards. */
      const shotInThemes = async (stage) => {
        for (const theme of ["light", "contrast", "dark"]) {
          await changeTheme(session.page, theme);
          await shot(`${stage}-${theme}`);
        }
      };
      return scenario.run({ ...session, folder: workspace.folder, step, shot, shotInThemes });
    });
  } catch (error) {
    return { step: current, error };
  } finally {
    workspace.remove();
  }
}
