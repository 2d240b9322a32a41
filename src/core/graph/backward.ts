/** The reverse walk: from a scalar loss to the gradients of chosen values, forming nothing that they do not need. */
import { constant, reachable } from "./graph";
import { accumulate } from "./gradients/elementwise";
import { type GradientRule } from "./gradients/rule";
import { gradientRules } from "./gradients/rules";
import { type OpName, product, type Value, type ValueOf } from "./ops";

/** ∂loss/∂p for every p in `parameters`, in their order. `loss` has one element. Throws if a parameter does not reach the loss. */
export function gradients(loss: Value, parameters: readonly Value[]): Value[] {
  if (product(loss.dims) !== 1) throw new Error(`the loss has dims [${loss.dims.join(", ")}], not one element`);
  const order = reachable([loss]);
  const wanted = new Set(parameters);
  // Only what lies between a parameter and the loss gets a gradient: frozen weights and everything below the first adapter do not.
  for (const value of order) if (value.inputs.some((from) => wanted.has(from))) wanted.add(value);

  const gradient = new Map<Value, Value>([[loss, constant(Float32Array.of(1), loss.dims)]]);
  for (const y of order.reverse()) {
    const dy = gradient.get(y);
    if (!dy || !wanted.has(y) || y.inputs.length === 0) continue;
    const rule = gradientRules[y.op] as GradientRule<OpName>;
    const parts = rule(y as ValueOf<OpName>, dy, (i) => wanted.has(y.inputs[i]!));
    y.inputs.forEach((x, i) => {
      const part = parts[i];
      if (part && wanted.has(x)) gradient.set(x, accumulate(gradient.get(x), part));
    });
  }
  return parameters.map((parameter, i) => {
    const found = gradient.get(parameter);
    if (!found) throw new Error(`parameter ${i} does not reach the loss`);
    return found;
  });
}
