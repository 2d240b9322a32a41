/** The worker that answers prompts: requests over its parent's channel, computed by Inference; ends when the parent does. */
import { IPCMessageReader, IPCMessageWriter, createMessageConnection, type CancellationToken } from "vscode-jsonrpc/node";
import { type Runtime } from "../core/runtime";
import { Inference } from "../project/inference";
import { tunesmithVersion } from "../project/project";
import { generateRequest, initializeRequest, scoreRequest, toResponseError, tokenProgress } from "../protocol/worker";

export const servePlayground = (openRuntime: () => Promise<Runtime>): void => {
  const inference = new Inference(openRuntime);
  const rpc = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  const leave = (): never => process.exit(0);
  process.once("disconnect", leave);
  rpc.onRequest(initializeRequest, () => ({ version: tunesmithVersion(), pid: process.pid, kind: "playground" as const }));
  rpc.onRequest(generateRequest, (params, token) => settle(token, (signal) =>
    inference.generate(params, (progress) => { rpc.sendProgress(tokenProgress, params.progress, progress).catch(leave); }, signal)));
  rpc.onRequest(scoreRequest, (params, token) => settle(token, (signal) => inference.score(params, signal)));
  rpc.listen();
};

/** Cancellation as an AbortSignal, errors as they travel. */
const settle = async <Result>(token: CancellationToken, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
  const abort = new AbortController();
  const listening = token.onCancellationRequested(() => abort.abort());
  try {
    return await work(abort.signal);
  } catch (error) {
    throw toResponseError(error);
  } finally {
    listening.dispose();
  }
};
