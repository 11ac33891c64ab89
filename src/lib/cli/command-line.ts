/** What is run where nothing was typed behind the program's name. */
const NOTHING_TYPED = 'overview'

/**
 * The words of the command line, the program's own two before them, as in `process.argv`: whoever types nothing is shown how
 * things stand.
 */
export function commandLine(argv: readonly string[]): string[] {
  return argv.length > 2 ? [...argv] : [...argv, NOTHING_TYPED]
}
