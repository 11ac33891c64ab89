import {Chalk, type ColorInfo, supportsColor, supportsColorStderr} from 'chalk'

/** chalk honours FORCE_COLOR, TERM=dumb and pipes; NO_COLOR (https://no-color.org) it does not. */
function colorLevel(support: ColorInfo): 0 | 1 | 2 | 3 {
  const {NO_COLOR, FORCE_COLOR} = process.env
  if (NO_COLOR && FORCE_COLOR === undefined) return 0
  return support ? support.level : 0
}

/** Colours for stderr. Yellow and the bright ones cannot be read on white (xterm's yellow: 1.7 : 1), so they are not used. */
export const style = new Chalk({level: colorLevel(supportsColorStderr)})

/** Colours for stdout: none where it is piped. */
export const styleOut = new Chalk({level: colorLevel(supportsColor)})
