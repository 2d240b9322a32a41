/** Guards for values that cross a webview's border: a message is looked at before it is believed. Owns no message. */

export type Guard<T> = (value: unknown) => value is T;
export type Guarded<G> = G extends Guard<infer T> ? T : never;

export const text: Guard<string> = (value): value is string => typeof value === "string";
export const flag: Guard<boolean> = (value): value is boolean => typeof value === "boolean";
/** NaN and the infinities do not survive JSON, so they are no numbers here; send null. */
export const number: Guard<number> = (value): value is number => typeof value === "number" && Number.isFinite(value);

export const oneOf = <const T extends string | boolean>(...values: T[]): Guard<T> => (value): value is T => (values as unknown[]).includes(value);
export const nullable = <T>(guard: Guard<T>): Guard<T | null> => (value): value is T | null => value === null || guard(value);
export const list = <T>(guard: Guard<T>): Guard<T[]> => (value): value is T[] => Array.isArray(value) && value.every((item) => guard(item));

/** An object with these keys, each as its guard says; other keys are let through and never read. */
export const shape = <S extends Record<string, Guard<unknown>>>(fields: S): Guard<{ [K in keyof S]: Guarded<S[K]> }> =>
  (value): value is { [K in keyof S]: Guarded<S[K]> } =>
    typeof value === "object" && value !== null && Object.entries(fields).every(([key, guard]) => guard((value as Record<string, unknown>)[key]));

export const either = <G extends Guard<unknown>[]>(...guards: G): Guard<Guarded<G[number]>> =>
  (value): value is Guarded<G[number]> => guards.some((guard) => guard(value));
