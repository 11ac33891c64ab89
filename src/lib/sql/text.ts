/** A stretch of an SQL file that is in memory; offsets into it count from its first byte. */
export interface Text {
  /** The file, as shown to the user. */
  readonly path: string
  readonly bytes: Buffer
  /** Line of the first byte, from 1. */
  readonly line: number
  /** Characters that stand in that line before the first byte. */
  readonly before: number
  /** The byte that ends a line: LF, or CR in a file that begins without any LF. */
  readonly lineEnding: number
  /** More of the file follows. */
  readonly cut: boolean
}
