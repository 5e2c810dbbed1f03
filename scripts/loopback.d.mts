export function startWebServer(body: string): Promise<{ port: number; close(): void }>;
export function startMailServer(): Promise<{ port: number; messages: string[]; close(): void }>;
export function freePort(): Promise<number>;
export function waitForPort(port: number, milliseconds: number): Promise<boolean>;
