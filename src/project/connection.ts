/** JSON-RPC to a worker in which every request settles: with a value, with the worker's coded error, or with WORKER_EXITED. */
import { type Socket, createConnection } from "node:net";
import {
  CancellationTokenSource, IPCMessageReader, IPCMessageWriter, SocketMessageReader, SocketMessageWriter, createMessageConnection,
  type Message, type MessageConnection, type MessageReader, type MessageWriter,
} from "vscode-jsonrpc/node";
import { type ChildProcess } from "node:child_process";
import { UserError } from "../core/errors";
import { fromResponseError } from "../protocol/worker";

export interface WorkerConnection {
  readonly rpc: MessageConnection;
  /** Settles `ask`'s request; aborting `signal` cancels it at the worker, which then answers CANCELLED. */
  request<Result>(ask: (rpc: MessageConnection, token: CancellationTokenSource["token"]) => Promise<Result>, signal?: AbortSignal): Promise<Result>;
  /** Every pending and later request is answered with this error. */
  fail(error: UserError): void;
  readonly failed: UserError | undefined;
}

/**
 * vscode-jsonrpc leaves requests pending when the other side goes away, and throws a failed write where nobody can
 * catch it; here both end in `fail`.
 */
const open = (reader: MessageReader, writer: MessageWriter, lost: () => UserError): WorkerConnection => {
  const rejects = new Set<(error: UserError) => void>();
  let failed: UserError | undefined;
  const fail = (error: UserError): void => {
    if (failed) return;
    failed = error;
    for (const reject of rejects) reject(error);
    rejects.clear();
    rpc.dispose();
  };
  const guarded: MessageWriter = {
    onError: writer.onError, onClose: writer.onClose, end: () => writer.end(), dispose: () => writer.dispose(),
    write: (message: Message) => writer.write(message).catch(() => fail(lost())),
  };
  const rpc = createMessageConnection(reader, guarded);
  rpc.onClose(() => fail(lost()));
  rpc.onError(() => fail(lost()));
  rpc.listen();
  return {
    rpc, fail,
    get failed() { return failed; },
    async request(ask, signal) {
      if (failed) throw failed;
      if (signal?.aborted) throw new UserError("CANCELLED", "The request was cancelled.", "Ask again when you like.");
      const cancel = new CancellationTokenSource();
      const abort = (): void => cancel.cancel();
      signal?.addEventListener("abort", abort, { once: true });
      let reject: (error: UserError) => void = () => {};
      try {
        const gone = new Promise<never>((_, settle) => { reject = settle; rejects.add(reject); });
        return await Promise.race([ask(rpc, cancel.token), gone]);
      } catch (error) {
        throw failed ?? fromResponseError(error);
      } finally {
        rejects.delete(reject);
        signal?.removeEventListener("abort", abort);
        cancel.dispose();
      }
    },
  };
};

export const connectIpc = (child: ChildProcess, lost: () => UserError): WorkerConnection =>
  open(new IPCMessageReader(child), new IPCMessageWriter(child), lost);

/** Undefined where nobody listens within the time. */
export const connectSocket = async (path: string, lost: () => UserError, milliseconds: number): Promise<WorkerConnection | undefined> => {
  const socket = await new Promise<Socket | undefined>((settle) => {
    const attempt = createConnection(path);
    const giveUp = (): void => { attempt.destroy(); settle(undefined); };
    attempt.setTimeout(milliseconds, giveUp);
    attempt.once("error", giveUp);
    attempt.once("connect", () => { attempt.setTimeout(0); attempt.removeListener("error", giveUp); settle(attempt); });
  });
  return socket && open(new SocketMessageReader(socket), new SocketMessageWriter(socket), lost);
};
