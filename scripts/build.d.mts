export function buildJavaScript(): Promise<string[]>;
export function buildIfStale(): Promise<boolean>;
