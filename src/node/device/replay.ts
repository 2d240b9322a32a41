/**
 * A session that the device replays as it was recorded once: no kernel is launched from here any more, which halves the time of a step of a small model.
 * What goes wrong with that does so without an error (copies between buffers are not replayed; recording runs the graph more than once), so the first replays are compared with a session that is not recorded.
 */
import { product } from "../../core/graph/ops";
import { type Resident, type Session, type Tensor } from "../../core/runtime";

/** Replays with the inputs that were recorded, and with others. */
const COMPARED = 2;
/** ‖replay − plain‖ / ‖plain‖ of an output or a vector on the device: the same kernels in the same order. */
const TOLERANCE = 1e-4;

export interface ReplayParts {
  readonly plain: Session;
  readonly recorded: Session;
  /** What the graph writes in place. */
  readonly written: readonly Resident[];
  /** Called once, where replays differ: the plain session is used from then on. */
  readonly onDifference: (difference: number) => void;
}

export class ReplayedSession implements Session {
  private compared = 0;
  private using: "both" | "plain" | "recorded" = "both";

  constructor(private readonly parts: ReplayParts) {}

  async run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (this.using !== "both") return this.parts[this.using].run(inputs);
    const { plain, recorded, written, onDifference } = this.parts, before = written.map((vector) => vector.read());
    const restore = (values: readonly Float32Array[]): void => written.forEach((vector, i) => vector.write(values[i]!));
    const expected = await plain.run(inputs), expectedState = written.map((vector) => vector.read());
    if (this.compared === 0) {
      restore(before);
      await recorded.run(inputs); // Records, running the graph more than once.
    }
    restore(before);
    const actual = await recorded.run(inputs), actualState = written.map((vector) => vector.read());
    const difference = Math.max(...Object.keys(expected).map((name) => relative(numbers(actual[name]!), numbers(expected[name]!))), ...expectedState.map((values, i) => relative(actualState[i]!, values)));
    if (!(difference <= TOLERANCE)) {
      restore(expectedState);
      this.using = "plain";
      await recorded.release();
      onDifference(difference);
      return expected;
    }
    if (++this.compared === COMPARED) {
      this.using = "recorded";
      await plain.release();
    }
    return actual;
  }

  async release(): Promise<void> {
    if (this.using !== "recorded") await this.parts.plain.release();
    if (this.using !== "plain") await this.parts.recorded.release();
  }
}

const numbers = ({ dims, data }: Tensor): ArrayLike<number> => (data instanceof BigInt64Array ? Array.from({ length: product(dims) }, (_, i) => Number(data[i])) : data);

function relative(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0, norm = 0;
  for (let i = 0; i < b.length; i++) { difference += (a[i]! - b[i]!) ** 2; norm += b[i]! ** 2; }
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
}
