/** Where a training worker listens, and what it answers there; holds no training of its own. */
import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { SocketMessageReader, SocketMessageWriter, createMessageConnection } from "vscode-jsonrpc/node";
import { tunesmithVersion } from "../project/project";
import { initializeRequest, runStatusRequest, stopRunRequest, toResponseError, type RunState } from "../protocol/worker";

export interface RunHandlers { status(): RunState; stop(): void }

/** Listens for any number of windows and terminals. Only this user may connect: the socket is made with no rights for others. */
export const serveRun = async (path: string, handlers: RunHandlers): Promise<Server> => {
  const server = createServer((socket) => serve(socket, handlers));
  if (process.platform !== "win32") rmSync(path, { force: true });
  const listening = new Promise<void>((settle, reject) => { server.once("error", reject).once("listening", settle); });
  // Binding happens within the call, so the mask is back before anything else is written.
  const mask = process.umask(0o177);
  server.listen(path);
  process.umask(mask);
  await listening;
  return server;
};

const serve = (socket: Socket, handlers: RunHandlers): void => {
  const rpc = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
  socket.on("error", () => socket.destroy()); // A window went away in the middle of a message: its loss alone.
  const guarded = <Result>(answer: () => Result) => (): Result => {
    try {
      return answer();
    } catch (error) {
      throw toResponseError(error);
    }
  };
  rpc.onRequest(initializeRequest, () => ({ version: tunesmithVersion(), pid: process.pid, kind: "train" as const }));
  rpc.onRequest(runStatusRequest, guarded(() => handlers.status()));
  rpc.onRequest(stopRunRequest, guarded(() => { handlers.stop(); return handlers.status(); }));
  rpc.listen();
};
