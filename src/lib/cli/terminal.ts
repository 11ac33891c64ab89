/** How many columns the terminal has that a stream leads to; undefined where it leads to none, or to one that does not say. */
export function terminalColumns({
  columns,
  isTTY,
}: {
  columns?: number
  isTTY?: boolean
}): number | undefined {
  return isTTY && columns ? columns : undefined
}
