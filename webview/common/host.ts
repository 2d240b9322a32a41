/** The webview's line to the extension: typed messages, checked on arrival, and the state that survives a reload. The only user of acquireVsCodeApi. */
import { type Guard } from "../../src/protocol/guard";

declare const acquireVsCodeApi: () => { postMessage(message: unknown): void; getState(): unknown; setState(state: unknown): void };

export interface Host<Request, Update, State> {
  send(request: Request): void;
  /** Calls back for every well-formed message; anything else is dropped and named on the console. */
  onUpdate(listener: (update: Update) => void): void;
  /** The state that was kept, if it still has the shape that this version writes. */
  state(): State | undefined;
  keep(state: State): void;
}

export const connectHost = <Request, Update, State>(isUpdate: Guard<Update>, isState: Guard<State>): Host<Request, Update, State> => {
  const api = acquireVsCodeApi();
  return {
    send: (request) => api.postMessage(request),
    onUpdate: (listener) => window.addEventListener("message", (event) => {
      if (isUpdate(event.data)) listener(event.data);
      else console.warn("Tunesmith: a message of unknown shape was dropped.", event.data);
    }),
    state: () => {
      const state = api.getState();
      return isState(state) ? state : undefined;
    },
    keep: (state) => api.setState(state),
  };
};
