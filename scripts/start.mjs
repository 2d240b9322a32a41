// `npm start`: installs, builds, then tunes the starter base and shows base and tuned answers side by side. Needs only Node and npm.
import { build, ensureInstalled, run } from "./install.mjs";

ensureInstalled();
build();
process.exit(run(process.execPath, ["dist/cli.js", "starter", ...process.argv.slice(2)], { ORT_DISABLE_TELEMETRY: "1" }));
