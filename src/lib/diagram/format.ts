import {extname} from 'node:path'
import {CruddurError} from '../error.js'

export const FORMATS = ['svg', 'mermaid'] as const

export type Format = (typeof FORMATS)[number]

const BY_EXTENSION: Readonly<Record<string, Format>> = {
  '.svg': 'svg',
  '.mmd': 'mermaid',
  '.mermaid': 'mermaid',
}

/**
 * The format that is asked for: by name, else by the extension of the file it goes to, else SVG.
 *
 * @throws CruddurError USAGE when the two contradict each other, or the file has no name
 */
export function formatOf(named: Format | undefined, file: string | undefined): Format {
  if (file === '') {
    throw new CruddurError('USAGE', '--output names no file', {
      exit: 2,
      hint: 'for example: --output schema.svg',
    })
  }
  const fitting = file === undefined ? undefined : BY_EXTENSION[extname(file).toLowerCase()]
  if (named !== undefined && fitting !== undefined && named !== fitting) {
    throw new CruddurError('USAGE', `--format ${named} does not go into ${file}`, {
      exit: 2,
      hint: `leave --format out, or name the file otherwise: ${named === 'svg' ? '.svg' : '.mmd'}`,
    })
  }
  return named ?? fitting ?? 'svg'
}
