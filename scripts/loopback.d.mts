export function startWebServer(body: string): Promise<{ port: number; close(): void }>;
export function startMailServer(): Promise<{ port: number; messages: string[]; close(): void }>;
export function freePort(): Promise<number>;
export function waitForPort(port: number, milliseconds: number): Promise<boolean>;

/** Sends a text to a port, half-closes, and gives all that comes back. */
export function say(port: number, text: string): Promise<string>;
