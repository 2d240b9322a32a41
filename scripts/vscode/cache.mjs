// Owns where the real VS Code that the tests drive is kept, and which versions it consists of. Installs nothing.
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout this script belongs to. */
export const checkout = resolve(fileURLToPath(new URL("../..", import.meta.url)));

/** code-server 4.139.1 is VS Code 1.139.1; it refuses any other Node than 24. `setup` counts changes of the set-up itself. */
export const versions = { codeServer: "4.139.1", node: "24.21.0", setup: 1 };

/** Writable folder of the cache: one for all clones of a person, so that a fresh clone has nothing to install. */
function cacheRoot() {
  if (process.env.TUNESMITH_E2E_CACHE) return resolve(process.env.TUNESMITH_E2E_CACHE);
  const shared = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tunesmith-e2e");
  try {
    mkdirSync(shared, { recursive: true });
    accessSync(shared, constants.W_OK);
    return shared;
  } catch {
    // A home folder that is missing or read-only, as some CI machines have: keep everything in the checkout.
    return join(checkout, ".e2e");
  }
}

/** Every path of one installed set of versions. Another set of versions lives in another folder beside it. */
export function locate() {
  const root = join(cacheRoot(), `code-server-${versions.codeServer}-node-${versions.node}-${process.arch}`);
  const nodePackage = join(root, "node", "node_modules", `node-linux-${process.arch}`);
  const codeServer = join(root, "code-server", "node_modules", "code-server");
  return {
    root,
    stamp: join(root, "stamp.json"),
    nodePackage,
    node: join(nodePackage, "bin", "node"),
    codeServer,
    entry: join(codeServer, "out", "node", "entry.js"),
    vscode: join(codeServer, "lib", "vscode"),
  };
}

/** True when the cache was finished by this very version of the set-up. */
export function isInstalled(places = locate()) {
  if (!existsSync(places.stamp)) return false;
  return readFileSync(places.stamp, "utf8") === JSON.stringify(versions);
}

/** Absolute path of the first of `names` found on PATH, or undefined. */
export function onPath(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const candidate = join(folder, name);
      if (folder && existsSync(candidate)) return candidate;
    }
  }
  return undefined;
}

/** The Chromium that shows the workbench: TUNESMITH_CHROMIUM, or a common name on PATH. */
export function findChromium() {
  const named = process.env.TUNESMITH_CHROMIUM;
  if (named && !existsSync(named)) throw new Error(`TUNESMITH_CHROMIUM names ${named}, and there is no such file.`);
  if (named) return named;
  return onPath("chromium", "chromium-browser", "google-chrome-stable", "google-chrome");
}
