import {Chalk, supportsColorStderr} from 'chalk'

/** chalk honours FORCE_COLOR, TERM=dumb and pipes; NO_COLOR (https://no-color.org) it does not. */
function colorLevel(): 0 | 1 | 2 | 3 {
  const {NO_COLOR, FORCE_COLOR} = process.env
  if (NO_COLOR && FORCE_COLOR === undefined) return 0
  return supportsColorStderr ? supportsColorStderr.level : 0
}

/** Colours for stderr; what goes to stdout has none, so that it can be copied and piped. */
export const style = new Chalk({level: colorLevel()})
