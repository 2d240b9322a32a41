// Owns installing a real VS Code for the tests: code-server and Node 24 from npm, Chromium from the system's packages. Nothing else is fetched.
import { existsSync, mkdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium, isInstalled, locate, onPath, versions } from "./cache.mjs";
import { runProgram } from "./processes.mjs";

const started = Date.now();
const say = (text) => console.log(`[vscode set-up ${String(Math.round((Date.now() - started) / 1000)).padStart(3)} s] ${text}`);

/** Installs what is missing and returns its places. Quick when everything is there; safe to call from several processes at once. */
export async function setUp() {
  if (process.platform !== "linux") throw new Error("code-server from npm runs on Linux only. On this machine use the desktop route: TUNESMITH_VSCODE=desktop npm run test:vscode");
  const places = locate();
  if (isInstalled(places) && findChromium()) return { ...places, chromium: findChromium() };
  mkdirSync(dirname(places.root), { recursive: true });
  await withLock(`${places.root}.lock`, async () => {
    await installSystemPackages(isInstalled(places));
    if (isInstalled(places)) return;
    say(`installing into ${places.root}`);
    rmSync(places.root, { recursive: true, force: true });
    mkdirSync(places.root, { recursive: true });
    await installCodeServer(places);
    writeFileSync(places.stamp, JSON.stringify(versions));
    say("done");
  });
  return { ...places, chromium: findChromium() };
}

/** Chromium always; a compiler and Python only while the two native modules of VS Code still have to be built. */
async function installSystemPackages(built) {
  const missing = [];
  if (!findChromium()) missing.push("chromium", "fonts-dejavu-core");
  if (!built) for (const [program, name] of [["g++", "g++"], ["make", "make"], ["python3", "python3"]]) if (!onPath(program)) missing.push(name);
  if (missing.length === 0) return;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !onPath("apt-get")) {
    throw new Error(`These programs are missing: ${missing.join(", ")}. Install them (Debian, Ubuntu: sudo apt-get install ${missing.join(" ")}) and try again. ` +
      "TUNESMITH_CHROMIUM can name a Chromium or Chrome that is not on the PATH.");
  }
  say(`apt-get install ${missing.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const wait = ["-o", "DPkg::Lock::Timeout=300"]; // another process may hold the package manager
  // A list that cannot be refreshed (another apt-get at work, a mirror away) is often good enough; if not, the install below says why.
  await runProgram("apt-get", [...wait, "update", "-qq"], { env, timeoutMs: 300_000 }).catch((error) => say(`apt-get update failed: ${error.message.split("\n")[0]}`));
  await runProgram("apt-get", [...wait, "install", "-y", "-qq", "--no-install-recommends", ...missing], { env, timeoutMs: 600_000 });
  if (!findChromium()) throw new Error("apt-get installed no Chromium under a known name. Set TUNESMITH_CHROMIUM to its path.");
}

async function installCodeServer(places) {
  const npm = async (folder, ...args) => {
    // node-linux-* ships its headers, so native modules build against it without a download.
    const env = { ...process.env, PATH: `${join(places.nodePackage, "bin")}:${process.env.PATH}`, npm_config_nodedir: places.nodePackage, npm_config_loglevel: "error", npm_config_fund: "false", npm_config_audit: "false" };
    await runProgram("npm", args, { cwd: folder, env, timeoutMs: 600_000 });
  };
  const install = ["install", "--ignore-scripts", "--prefer-offline"];
  const manifest = (folder, name, version) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: { [name]: version } }));
    return folder;
  };
  say(`Node ${versions.node}`);
  const nodeFolder = manifest(join(places.root, "node"), `node-linux-${process.arch}`, versions.node);
  await runProgram("npm", [...install, "--loglevel=error"], { cwd: nodeFolder, timeoutMs: 600_000 });
  say(`code-server ${versions.codeServer}`);
  await npm(manifest(join(places.root, "code-server"), "code-server", versions.codeServer), ...install);
  say("the packages of VS Code");
  await npm(places.vscode, ...install, "--omit=dev"); // by its npm-shrinkwrap.json
  const extensions = join(places.vscode, "extensions");
  await npm(extensions, ...install, "--omit=dev");
  await runProgram(places.node, ["./postinstall.mjs"], { cwd: extensions, timeoutMs: 120_000 });
  say("native modules");
  await npm(places.vscode, "rebuild", "@vscode/spdlog", "@vscode/native-watchdog");
  if (!existsSync(join(places.vscode, "node_modules/@vscode/spdlog/build/Release/spdlog.node"))) throw new Error("npm rebuild left no spdlog.node: the C++ compiler of this machine failed. Look at `npm rebuild @vscode/spdlog` in " + places.vscode);
  // code-server makes these two links in its own post-install, which also wants to download; they are all that is needed of it.
  for (const [target, link] of [["code-linux.sh", "bin/remote-cli/code-server"], ["browser-linux.sh", "bin/helpers/browser.sh"]]) {
    rmSync(join(places.vscode, link), { force: true });
    symlinkSync(target, join(places.vscode, link));
  }
}

/** Holds `folder` as a lock: the holder touches it every few seconds, so that a lock whose holder died is taken over. */
async function withLock(folder, work) {
  const staleMs = 30_000;
  const deadline = Date.now() + 900_000;
  for (let told = false; ; ) {
    try {
      mkdirSync(folder);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const touched = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
    if (touched !== undefined && Date.now() - touched > staleMs) {
      rmSync(folder, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > deadline) throw new Error(`Another set-up has held ${folder} for 15 minutes.`);
    if (!told) say("waiting for another set-up to finish");
    told = true;
    await new Promise((done) => setTimeout(done, 500));
  }
  const heartbeat = setInterval(() => utimesSync(folder, new Date(), new Date()), 5000);
  try {
    await work();
  } finally {
    clearInterval(heartbeat);
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const places = await setUp();
    say(`ready: VS Code in ${places.codeServer}, ${places.chromium}`);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
