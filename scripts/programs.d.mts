export function findProgram(name: string): string | undefined;
export function isStaticProgram(file: string): boolean;
