/** A range of lines of a source file, as shown to a user. Lines count from 1; `end` is inclusive. */
export interface SourceRange {
  /** File name as the user wrote it (`Dockerfile`, `-` for standard input …). */
  readonly file: string;
  readonly start: number;
  readonly end: number;
}
