// Owns temporary folders: made with a short path, gone at the latest when this program ends.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders = new Set();
process.once("exit", () => { for (const folder of [...folders]) removeScratch(folder); });

/** Short, since sockets live in some of them and a socket's path may have 107 characters. */
export function makeScratch(name) {
  const folder = mkdtempSync(join(tmpdir(), `tunesmith-${name}-`));
  folders.add(folder);
  return folder;
}

export function removeScratch(folder) {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
