/** Metadata fields of a GGUF file with their types checked; which fields, and what a wrong one means, is the reader's own. */
import { type UserError } from "../../errors";
import { type GgufValue } from "./gguf";

export abstract class GgufFields {
  abstract get(name: string): GgufValue | undefined;
  abstract invalid(name: string, detail: string): UserError;

  text(name: string): string | undefined {
    const value = this.get(name);
    if (value !== undefined && typeof value !== "string") throw this.invalid(name, "it is not a text");
    return value;
  }

  flag(name: string): boolean | undefined {
    const value = this.get(name);
    if (value !== undefined && typeof value !== "boolean") throw this.invalid(name, "it is neither true nor false");
    return value;
  }
}
