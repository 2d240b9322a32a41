/** The form of a gradient rule. */
import { type OpName, type Value, type ValueOf } from "../ops";

/** Given y = op(inputs) and dy = ∂loss/∂y, the gradient of each input that is wanted; `wanted(i)` false means: do not form it. */
export type GradientRule<K extends OpName> = (y: ValueOf<K>, dy: Value, wanted: (index: number) => boolean) => readonly (Value | undefined)[];
