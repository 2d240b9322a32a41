// Owns one code-server: its folders, settings, start and end. Knows no browser.
import { createWriteStream, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endGroup, startGroup, within } from "./processes.mjs";
import { makeScratch, removeScratch } from "./scratch.mjs";

/** The themes of VS Code as it ships: id in the settings, label in the picker, and the class that its window carries. */
export const themes = {
  dark: { id: "Dark 2026", label: "Dark 2026", kind: "vs-dark" },
  light: { id: "Light 2026", label: "Light 2026", kind: "vs" },
  contrast: { id: "Default High Contrast", label: "Dark High Contrast", kind: "hc-black" },
  "contrast-light": { id: "Default High Contrast Light", label: "Light High Contrast", kind: "hc-light" },
};

/** A quiet VS Code: no greeting, no network, no chat. What a test wants otherwise it passes as `settings`. */
const quietSettings = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "chat.agentHost.enabled": false,
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  "git.openRepositoryInParentFolders": "never",
  "window.confirmBeforeClose": "never",
  "typescript.tsserver.enable": false,
};

/** Built-in extensions with no part in what is tested; leaving them out saves about a second of extension host start. */
const skippedBuiltins = ["vscode.github", "vscode.github-authentication", "vscode.microsoft-authentication", "ms-vscode.js-debug", "vscode.emmet", "vscode.typescript-language-features",
  "vscode.npm", "vscode.grunt", "vscode.gulp", "vscode.jake", "vscode.tunnel-forwarding", "vscode.php-language-features", "GitHub.copilot-chat", "github.copilot-chat"];

/**
 * Starts a server with a fresh profile.
 * @param {object} places what `setUp` returned
 * @param {{ settings?: object, theme?: keyof themes, env?: object, trust?: boolean, extensions?: string, development?: string, tests?: string }} options
 *   `trust` turns workspace trust on (off: everything is trusted); `extensions` is a folder of installed extensions;
 *   `development` an extension's own folder, installed by a link; `tests` a module with run() for its extension host.
 */
export async function startServer(places, { settings = {}, theme = "dark", env = {}, trust = false, extensions, development, tests } = {}) {
  const folder = makeScratch("e2e");
  const user = join(folder, "user-data");
  for (const name of ["user-data/User", "extensions", "tmp", "home"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "config.yaml"), "auth: none\n");
  writeFileSync(join(user, "User", "settings.json"), JSON.stringify({ ...quietSettings, "workbench.colorTheme": themes[theme].id, ...settings }, null, 1));
  if (development && !tests) {
    const { publisher, name, version } = JSON.parse(readFileSync(join(development, "package.json"), "utf8"));
    symlinkSync(development, join(folder, "extensions", `${publisher}.${name}-${version}`));
  }
  const child = startGroup(places.node, [
    places.entry, "--config", join(folder, "config.yaml"), "--auth", "none", "--bind-addr", "127.0.0.1:0", "--user-data-dir", user, "--extensions-dir", extensions ?? join(folder, "extensions"),
    "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override", "--disable-proxy", ...(trust ? [] : ["--disable-workspace-trust"]),
    // Lets an extensionTestsPath report its end to the page; it also hides every notification.
    ...(tests ? ["--vscode-option", "enable-smoke-test-driver"] : []),
  ], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env, HOME: join(folder, "home"), TMPDIR: join(folder, "tmp"), XDG_RUNTIME_DIR: join(folder, "tmp"), XDG_CONFIG_HOME: join(folder, "xdg"), XDG_DATA_HOME: join(folder, "xdg"), XDG_CACHE_HOME: join(folder, "xdg"),
      EXTENSIONS_GALLERY: '{"serviceUrl":""}', VSCODE_SKIP_BUILTIN_EXTENSIONS: skippedBuiltins.join(","),
      GIT_AUTHOR_NAME: "Test", GIT_AUTHOR_EMAIL: "test@example.com", GIT_COMMITTER_NAME: "Test", GIT_COMMITTER_EMAIL: "test@example.com", ...env,
    },
  });
  const log = createWriteStream(join(folder, "server.log"));
  let printed = "";
  const listening = new Promise((done, fail) => {
    const read = (chunk) => {
      log.write(chunk);
      printed += chunk;
      const port = /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
      if (port) done(Number(port));
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", fail);
    child.once("exit", (status) => fail(new Error(`code-server ended with ${status}`)));
  });
  let port;
  try {
    port = await within(listening, 60_000, "starting code-server");
  } catch (error) {
    await endGroup(child);
    removeScratch(folder);
    throw new Error(`${error.message}\n${printed.slice(-4000)}`);
  }
  return {
    port,
    folder,
    /** Log files by name: the server's, the extension host's, and the extension's own output channels. */
    logs: () => readLogs(folder),
    async stop() {
      await endGroup(child);
      log.end();
      removeScratch(folder);
    },
  };
}

/** Address of a window on `folder`. With `tests`, a module with run(), it is a window for testing the extension in `development`. */
export function windowAddress(port, folder, { development, tests } = {}) {
  const remote = (path) => `vscode-remote://127.0.0.1:${port}${path}`;
  const address = new URL(`http://127.0.0.1:${port}/`);
  address.searchParams.set("folder", folder);
  if (tests) address.searchParams.set("payload", JSON.stringify([["extensionDevelopmentPath", remote(development)], ["extensionTestsPath", remote(tests)]]));
  return address.toString();
}

function readLogs(folder) {
  const found = {};
  const root = join(folder, "user-data", "logs");
  const walk = (path) => {
    for (const entry of existsSync(path) ? readdirSync(path, { withFileTypes: true }) : []) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) walk(child);
      else if (/\.log$/.test(entry.name)) found[child.slice(root.length + 1)] = readFileSync(child, "utf8");
    }
  };
  walk(root);
  const server = join(folder, "server.log");
  if (existsSync(server)) found["server.log"] = readFileSync(server, "utf8");
  return found;
}
