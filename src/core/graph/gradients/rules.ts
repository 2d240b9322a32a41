/** The total table of gradient rules: for each op, how the gradient of its output becomes gradients of its inputs. */
import { type OpName, type Value } from "../ops";
import { elementwiseRules } from "./elementwise";
import { indexingRules } from "./indexing";
import { linalgRules } from "./linalg";
import { movementRules } from "./movement";
import { reductionRules } from "./reduction";
import { type GradientRule } from "./rule";

/** Leaves have no inputs, and nothing flows back through a detached value. */
const noInputs = (): readonly Value[] => [];
const notDifferentiable = (y: { op: OpName }): never => { throw new Error(`${y.op} has no gradient here`); };

export const gradientRules: { [K in OpName]: GradientRule<K> } = {
  input: noInputs, weight: noInputs, constant: noInputs, detach: noInputs,
  ...elementwiseRules, ...linalgRules, ...movementRules, ...reductionRules, ...indexingRules,
  crossEntropyGradient: notDifferentiable,
  replaceRows: notDifferentiable,
};
