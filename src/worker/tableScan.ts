/** The thread that reads a whole table for the editor: one job, one answer, and it ends. Whoever started it may end it at any time. */
import { parentPort, workerData } from "node:worker_threads";
import { scan, type ScanJob, type ScanSource } from "../node/table/scan";

/** At most this often, in ms. */
const REPORT_EVERY = 100;

const main = async (port: NonNullable<typeof parentPort>): Promise<void> => {
  const { source, job } = workerData as { source: ScanSource; job: ScanJob };
  let reported = 0;
  const result = await scan(source, job, (bytes, found) => {
    if (Date.now() - reported < REPORT_EVERY) return;
    reported = Date.now();
    port.postMessage({ bytes, found });
  });
  port.postMessage({ result });
};

if (!parentPort) throw new Error("This is a thread's script.");
void main(parentPort);
