/** The few globals that core uses and that every host has (Node, browsers, the extension host). */
declare class TextDecoder { constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }); decode(bytes?: Uint8Array): string }
declare class TextEncoder { encode(text: string): Uint8Array }
interface AbortSignal { readonly aborted: boolean }
declare const performance: { now(): number };
