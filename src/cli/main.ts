/** The entry of `tunesmith`: runs one command and exits with its status. */
import { runCommand } from "./program";

// `tunesmith … | head` closes the pipe early; what is left to say has no reader.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

runCommand(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
  // Sessions of the native library may keep threads; output to a pipe is written when this callback runs.
  process.stdout.write("", () => process.stderr.write("", () => process.exit(status)));
}, (error: unknown) => { throw error; });
