/** The Machine port: what this process holds, and what the system says is free. */
import { readFileSync, writeFileSync } from "node:fs";
import { freemem } from "node:os";
import { type Machine } from "../core/runtime";

/**
 * On Linux what a process holds is what it has written (anonymous memory) and the files that it maps. Every prepared graph maps the base's weights anew, and the system's
 * figure of resident memory counts them as often; the machine holds them once. So the two are measured apart: anonymous memory by its highest since the last look,
 * files by the share that falls to each mapping.
 */
class LinuxMachine implements Machine {
  private highestWritten = 0;

  highestBytes(): number {
    const status = readFileSync("/proc/self/status", "utf8");
    this.highestWritten = Math.max(this.highestWritten, kilobytes(status, "VmHWM") - kilobytes(status, "RssFile"));
    // From here on the highest is measured anew: files that are mapped later would hide what was written before.
    writeFileSync("/proc/self/clear_refs", "5");
    return this.highestWritten;
  }

  mappedBytes(): number {
    const rollup = readFileSync("/proc/self/smaps_rollup", "utf8");
    return kilobytes(rollup, "Pss") - kilobytes(rollup, "Pss_Anon");
  }

  freeBytes(): number { return freeBytes(); }
}

const kilobytes = (text: string, field: string): number => 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)![1]);

// Knows the limits of a container too; older versions of Node (and Electron's) lack it.
const freeBytes = (): number => (typeof process.availableMemory === "function" ? process.availableMemory() : freemem());

/** Elsewhere the system's own figure of resident memory is all there is. */
const anyMachine: Machine = { highestBytes: () => process.resourceUsage().maxRSS * 1024, mappedBytes: () => 0, freeBytes };

const isLinuxWithFigures = (): boolean => {
  try {
    const linux = new LinuxMachine();
    return Number.isFinite(linux.highestBytes() + linux.mappedBytes());
  } catch {
    return false; // Another system, or a kernel without these files: the general figure serves.
  }
};

export const openMachine = (): Machine => (process.platform === "linux" && isLinuxWithFigures() ? new LinuxMachine() : anyMachine);
