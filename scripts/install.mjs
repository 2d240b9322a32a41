// What a fresh clone needs before anything runs: the packages of package-lock.json. Nothing is done where they are already there.
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const checkout = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamp = join(checkout, "node_modules", ".tunesmith-lock");
const lockHash = () => createHash("sha256").update(readFileSync(join(checkout, "package-lock.json"))).digest("hex");

/** Runs a command in the checkout with its output shown. Answers its exit status. */
export function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, { cwd: checkout, stdio: "inherit", env: { ...process.env, ...env }, shell: process.platform === "win32" });
  if (error) throw error;
  return status ?? 1;
}

export function ensureInstalled() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20) fail(`Node ${process.versions.node} is too old: Tunesmith needs Node 20 or newer.`);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lockHash()) return;
  // Packages that somebody installed by hand, newer than the lock file, are good too.
  const own = join(checkout, "node_modules", ".package-lock.json");
  if (!(existsSync(own) && statSync(own).mtimeMs >= statSync(join(checkout, "package-lock.json")).mtimeMs)) {
    // npm would empty the folder that the link leads to, under whoever else uses it.
    if (lstatSync(join(checkout, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink()) fail(`node_modules is a link to ${realpathSync(join(checkout, "node_modules"))}, whose packages are older than package-lock.json. Run \`npm ci\` beside that folder.`);
    console.log(`Installing packages (once; Node ${major}.${minor}) …`);
    // onnxruntime-node's own post-install would download GPU libraries that nothing here needs.
    if (run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { ONNXRUNTIME_NODE_INSTALL: "skip" }) !== 0) fail("npm could not install the packages; see its message above.");
  }
  writeFileSync(stamp, lockHash());
}

export function build() {
  if (run(process.execPath, ["scripts/build.mjs"]) !== 0) fail("The build failed; see the message above.");
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
