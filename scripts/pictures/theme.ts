import {element} from '../../src/lib/diagram/xml.js'

export const FONT_SIZE = 14

type Name =
  | 'paper'
  | 'border'
  | 'ink'
  | 'dim'
  | 'red'
  | 'green'
  | 'yellow'
  | 'blue'
  | 'magenta'
  | 'cyan'

/** All are readable on their paper: a contrast of at least 4.5 : 1. */
const LIGHT: Readonly<Record<Name, string>> = {
  paper: '#ffffff',
  border: '#d1d9e0',
  ink: '#1f2328',
  dim: '#656d76',
  red: '#b3191f',
  green: '#116329',
  yellow: '#7d5400',
  blue: '#0550ae',
  magenta: '#8250df',
  cyan: '#1b6c75',
}

const DARK: Readonly<Record<Name, string>> = {
  paper: '#0d1117',
  border: '#3d444d',
  ink: '#e6edf3',
  dim: '#9198a1',
  red: '#ff7b72',
  green: '#56d364',
  yellow: '#e3b341',
  blue: '#79c0ff',
  magenta: '#d2a8ff',
  cyan: '#56d4dd',
}

function colorRules(colors: Readonly<Record<Name, string>>): string {
  const {paper, border, ink, dim, ...named} = colors
  return [
    `.paper{fill:${paper};stroke:${border}}text,.back,.cursor{fill:${ink}}.dim{fill:${dim}}`,
    ...Object.entries(named).map(([name, color]) => `.${name}{fill:${color}}`),
    `text.inverse{fill:${paper}}`,
  ].join('')
}

/** @param more further rules */
export function styleSheet(more: string): string {
  const rules = [
    `text{font:${FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}`,
    '.bold{font-weight:bold}.cursor{opacity:.6}',
    colorRules(LIGHT),
    `@media (prefers-color-scheme:dark){${colorRules(DARK)}}`,
    more,
  ]
  return element('style', {}, rules.join('\n'))
}
