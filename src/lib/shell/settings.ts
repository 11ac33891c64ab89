/** What the shell's own commands set. */
export interface Settings {
  /** One line for each value instead of a table; `auto` where the table is wider than the terminal. */
  expanded: 'on' | 'off' | 'auto'
  /** What a null is shown as. */
  nullText: string
  /** Whether the time each statement takes is told. */
  timing: boolean
}

export function defaultSettings(): Settings {
  return {expanded: 'auto', nullText: '', timing: false}
}
