/** Reads the runtime's own logs: which provider ran each node. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface LoggedNode { readonly provider: string; readonly op_name?: string }

/** The nodes of every run of the sessions whose logs in `folder` begin with this name. */
export function loggedNodes(folder: string, name: string): LoggedNode[] {
  const events = readdirSync(folder).filter((file) => file.startsWith(name)).flatMap((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as { cat: string; args?: Partial<LoggedNode> }[]);
  return events.flatMap(({ cat, args }) => (cat === "Node" && args?.provider !== undefined ? [args as LoggedNode] : []));
}

/** Not on WebGPU, or a copy to or from it. */
export const elsewhere = ({ provider, op_name: op = "" }: LoggedNode): boolean => provider !== "WebGpuExecutionProvider" || op.startsWith("Memcpy");
