/** package.json and the code behind it promise the same things. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { mappingJsonSchema, MAPPINGS_SETTING } from "../../src/core/data/formats/mappingSources";
import { problemCodes } from "../../src/core/data/problem";

const root = resolve(__dirname, "../..");
const text = (path: string): string => readFileSync(join(root, path), "utf8");
interface Command { command: string; enablement?: string; icon?: string }
const manifest = JSON.parse(text("package.json")) as {
  activationEvents: string[];
  contributes: {
    commands: Command[]; menus: Record<string, { command: string; when?: string }[]>;
    configuration: { properties: Record<string, { properties?: Record<string, unknown>; additionalProperties?: unknown; scope?: string }> };
    viewsWelcome: { contents: string }[]; walkthroughs: { id: string; steps: unknown[] }[];
  };
};
const { contributes } = manifest;
const declared = contributes.commands.map(({ command }) => command).sort();

test("every command is declared, and every declared one registered", () => {
  const table = /const commands: Record<[^]*?= \{([^]*?)\n  \};/.exec(text("src/extension/extension.ts"))![1]!;
  const rows = /rowCommands = [^]*?=> \(\{([^]*?)\n\}\);/.exec(text("src/extension/reshape/rowCommands.ts"))![1]!;
  const registered = [...`${table}\n${rows}`.matchAll(/(?:^|,)\s*(\w+)(?=: )/gm)].map(([, name]) => `tunesmith.${name}`);
  expect(registered.sort()).toEqual(declared);
});

test("menus, welcome texts and walkthroughs name only commands that exist", () => {
  const used = [...Object.values(contributes.menus).flat().map(({ command }) => command), ...[...JSON.stringify([contributes.viewsWelcome, contributes.walkthroughs]).matchAll(/command:(tunesmith\.\w+)/gi)].map(([, name]) => name!)];
  expect(used.filter((command) => !declared.includes(command))).toEqual([]);
});

test("what runs a model, git or the worker waits for trust", () => {
  const waits = ["startRun", "stopRun", "resumeRun", "deleteRun", "openPlayground", "saveDatasetVersion", "showDatasetHistory"].map((name) => `tunesmith.${name}`);
  expect(contributes.commands.filter(({ command, enablement }) => waits.includes(command) && enablement !== "isWorkspaceTrusted")).toEqual([]);
});

test("the severity setting knows every kind of problem", () => {
  const { properties } = contributes.configuration.properties["tunesmith.diagnostics.severity"]!;
  expect(Object.keys(properties!).sort()).toEqual([...problemCodes].sort());
  for (const level of Object.values(properties!)) expect(level).toMatchObject({ enum: ["error", "warning", "information", "hint", "off"] });
});

test("descriptions of columns in the settings are checked and completed by the schema that the parser has", () => {
  const { additionalProperties, scope } = contributes.configuration.properties[MAPPINGS_SETTING]!;
  expect({ $schema: "http://json-schema.org/draft-07/schema#", ...additionalProperties as object }).toEqual(mappingJsonSchema());
  expect(scope).toBe("resource");
});

test("docs/problems.md explains every kind of problem, and no other", () => {
  const sections = text("docs/problems.md").split(/^### /m).slice(1).map((section) => ({ code: section.split("\n", 1)[0]!, words: section.split("\n## ", 1)[0]!.split(/\s+/).length - 1 }));
  expect(sections.map(({ code }) => code).sort()).toEqual([...problemCodes].sort());
  expect(sections.filter(({ words }) => words < 6)).toEqual([]);
});

test("every file that the manifest names is there", () => {
  const paths = [...text("package.json").matchAll(/"(?:\.\/)?(media\/[^"]+)"/g)].map(([, path]) => path!);
  expect(paths.length).toBeGreaterThan(5);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test("the webviews come back after a reload", () => {
  for (const [file, name] of [["src/extension/runs/runView.ts", "RUN_VIEW"], ["src/extension/playground/panel.ts", "PLAYGROUND"], ["src/extension/rows/preview.ts", "ROW_PREVIEW"]] as const) {
    const type = new RegExp(`const ${name} = "([^"]+)"`).exec(text(file))![1];
    expect(manifest.activationEvents).toContain(`onWebviewPanel:${type}`);
  }
});
