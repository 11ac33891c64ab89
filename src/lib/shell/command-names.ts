/** psql's commands that describe what is there, as psql-describe knows them; `S` and `+` may follow. */
const DESCRIBES = (
  'd da dA dAc dAf dAo dAp db dc dconfig dC dd dD ddp dE des det deu dew df dfa dfn dfp dft dfw dF dFd dFp dFt dg di dl ' +
  'dL dm dn do dO dp dP dPi dPt drds drg dRp dRs ds dt dT du dv dx dX dy l list sf sv z lo_list'
).split(' ')

const DESCRIBE = new RegExp(
  `^(?:${DESCRIBES.join('|')})[Sx+]*$|^d[tvmisE]+[Sx+]*$|^dP[tin]+[x+]*$|^l[x+]*$`,
)

/** Whether a command, without its backslash, is one of those. */
export function isDescribe(name: string): boolean {
  return DESCRIBE.test(name)
}

/**
 * A command as psql-describe is to read it. Its arguments have been taken apart as psql does it, so each stands in '…', which
 * keeps all but a ' as it is; that one stands in `…`.
 */
export function describeCommand(name: string, args: readonly string[]): string {
  const last = args.at(-1)?.replace(/;+$/, '')
  const all = last === undefined ? [] : [...args.slice(0, -1), last].filter((arg) => arg !== '')
  const quoted = all.map((arg) => `'${arg.replaceAll("'", "'`'`'")}'`)
  return [`\\${name}`, ...quoted].join(' ')
}

/** The shell's own. */
export const OWN_COMMANDS = [
  ...[
    '?',
    'c',
    'conninfo',
    'connect',
    'echo',
    'g',
    'gx',
    'h',
    'help',
    'i',
    'include',
    'ir',
    'p',
    'print',
  ],
  ...['pset', 'q', 'quit', 'r', 'reset', 'timing', 'x'],
] as const

/** All commands with their backslash, for completion. */
export function commandNames(): string[] {
  return [...OWN_COMMANDS, ...DESCRIBES].map((name) => `\\${name}`).sort()
}
