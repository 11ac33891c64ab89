import {FONT_SIZE} from './box.js'
import {element} from './xml.js'

interface Colors {
  paper: string
  ink: string
  soft: string
  border: string
  head: string
  line: string
}

/** Text has a contrast of at least 5.5 : 1 with what it stands on. */
const LIGHT: Colors = {
  paper: '#ffffff',
  ink: '#1f2328',
  soft: '#59636e',
  border: '#9aa4ae',
  head: '#e6edf5',
  line: '#3b6ea8',
}

const DARK: Colors = {
  paper: '#0d1117',
  ink: '#e6edf3',
  soft: '#9da7b1',
  border: '#59626c',
  head: '#212a36',
  line: '#7cb3f2',
}

function colorRules({paper, ink, soft, border, head, line}: Colors): string {
  return [
    `.paper,.hole{fill:${paper}}`,
    `.title,.name,.mark{fill:${ink}}`,
    `.soft{fill:${soft}}`,
    `.head{fill:${head}}`,
    `.border,.frame,.rule{stroke:${border}}`,
    `.line,.sign,.hole{stroke:${line}}`,
  ].join('')
}

/** Custom properties would be shorter; librsvg and Inkscape do not know them. */
export function styleSheet(): string {
  const text = [
    `text{font:${FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}`,
    '.title,.mark{font-weight:bold}',
    '.border,.frame,.rule,.line,.sign{fill:none}',
    '.frame{stroke-dasharray:5 4}.line,.sign,.hole{stroke-width:1.4}.rule{stroke-opacity:.45}',
    colorRules(LIGHT),
    `@media (prefers-color-scheme:dark){${colorRules(DARK)}}`,
  ]
  return element('style', {}, text.join(''))
}

/** The ends of a line, in the notation called crow's foot. */
export type Sign = 'one' | 'zero-or-one' | 'zero-or-many'

const BAR = (x: number): string => element('path', {class: 'sign', d: `M${x} 1V13`})
const HOLE = element('circle', {class: 'hole', cx: 6, cy: 7, r: 4})
const FOOT = element('path', {class: 'sign', d: 'M10 7 22 1M10 7 22 13'})

const SIGNS: Readonly<Record<Sign, readonly string[]>> = {
  one: [BAR(12), BAR(16)],
  'zero-or-one': [HOLE, BAR(14)],
  'zero-or-many': [HOLE, FOOT],
}

/** The drawings of signs, which lines name by {@link signUrl}. */
export function signs(used: ReadonlySet<Sign>): string {
  const shape = {
    markerWidth: 22,
    markerHeight: 14,
    refX: 22,
    refY: 7,
    orient: 'auto-start-reverse',
    markerUnits: 'userSpaceOnUse',
  }
  const markers = Object.entries(SIGNS).flatMap(([name, drawing]) =>
    used.has(name as Sign) ? [element('marker', {id: `schema-${name}`, ...shape}, ...drawing)] : [],
  )
  return markers.length === 0 ? '' : element('defs', {}, ...markers)
}

export function signUrl(sign: Sign): string {
  return `url(#schema-${sign})`
}
