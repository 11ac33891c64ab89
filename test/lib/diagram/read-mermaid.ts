export type MermaidVersion = 10 | 11

export interface MermaidDiagram {
  entities: {name: string; attributes: MermaidAttribute[]}[]
  relations: {from: string; cardinality: string; to: string; role: string}[]
}

export interface MermaidAttribute {
  type: string
  name: string
  keys: string[]
  comment: string
}

type Rule = readonly [RegExp, string | undefined]

const SIGNS = /\|o|\}o|\}\||\|\||o\||o\{|\|\{/y

/**
 * How mermaid's erDiagram reads text, so far as it can matter here: of the rules in this order the first that matches wins, in
 * any case of letters (packages/mermaid/src/diagrams/er/parser/erDiagram.jison of 10.0 and 11.12).
 */
const OUTSIDE: Readonly<Record<MermaidVersion, readonly Rule[]>> = {
  10: [
    [/accTitle\s*:|accDescr\s*[:{]/iy, 'accessible'],
    [/\n+/y, 'newline'],
    [/\s+/y, undefined],
    [/"[^"%\r\n\v\b\\]+"/y, 'entity'],
    [/"[^"]*"/y, 'word'],
    [/erDiagram/iy, 'erDiagram'],
    [/\{/y, '{'],
    [SIGNS, 'cardinality'],
    [/\s*u/iy, 'parent'],
    [/\.\.|--|to/iy, 'line'],
    [/[a-z_][a-z0-9_-]*/iy, 'entity'],
    [/./y, 'other'],
  ],
  11: [
    [/accTitle\s*:|accDescr\s*[:{]/iy, 'accessible'],
    [/.*direction\s+(?:TB|BT|RL|LR)[^\n]*/iy, 'direction'],
    [/[ \t\r]+/y, undefined],
    [/\n+/y, 'newline'],
    [/"[^"%\r\n\v\b\\]+"/y, 'entity'],
    [/"[^"]*"/y, 'word'],
    [/erDiagram/iy, 'erDiagram'],
    [/\{/y, '{'],
    [/style|classDef|class|subgraph|end\b/iy, 'statement'],
    [SIGNS, 'cardinality'],
    [/u(?=[.\-|])/iy, 'parent'],
    [/\.\.|--|to/iy, 'line'],
    [/(?:[^\0-\x7f]|[\w*.-])+/y, 'entity'],
    [/./y, 'other'],
  ],
}

const INSIDE: Readonly<Record<MermaidVersion, readonly Rule[]>> = {
  10: [
    [/\s+/y, undefined],
    [/\b(?:PK|FK|UK)\b/iy, 'key'],
    [/.*?~(?:.*?)*~/y, 'generic'],
    [/[*a-z_][a-z0-9_[\]()-]*/iy, 'word'],
    [/"[^"]*"/y, 'comment'],
    [/\}/y, '}'],
    [/./y, 'other'],
  ],
  11: [
    [/\s+/y, undefined],
    [/\b(?:PK|FK|UK)\b/iy, 'key'],
    [/[^\s]*~.*~[^\s]*/y, 'generic'],
    [/[*a-z_\u00c0-\uffff][a-z0-9_[\]().,*\u00c0-\uffff-]*/iy, 'word'],
    [/`[^`]+`/y, 'word'],
    [/"[^"]*"/y, 'comment'],
    [/\}/y, '}'],
    [/./y, 'other'],
  ],
}

interface Token {
  kind: string
  text: string
}

function tokensOf(text: string, version: MermaidVersion): Token[] {
  const tokens: Token[] = []
  let [at, inside] = [0, false]
  while (at < text.length) {
    const rules = (inside ? INSIDE : OUTSIDE)[version]
    for (const [pattern, kind] of rules) {
      pattern.lastIndex = at
      const [found] = pattern.exec(text) ?? []
      if (found === undefined) continue
      at += found.length
      if (kind !== undefined) tokens.push({kind, text: found})
      if (kind === '{') inside = true
      if (kind === '}') inside = false
      break
    }
  }
  return tokens
}

/** What mermaid makes of `#35;` when it shows it. */
function shown(quoted: string): string {
  return quoted
    .replaceAll('"', '')
    .replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
}

/** Reads a diagram as mermaid of that version does, and throws where it would. */
export function readMermaid(text: string, version: MermaidVersion): MermaidDiagram {
  // A directive is taken out before anything else is read.
  if (/%%\s*\{/.test(text)) throw new Error('a directive')
  const tokens = tokensOf(text, version)
  const diagram: MermaidDiagram = {entities: [], relations: []}
  const take = (...kinds: string[]): string => {
    const token = tokens.shift()
    if (!token || !kinds.includes(token.kind)) {
      throw new Error(`${kinds.join(' or ')} expected, and not ${JSON.stringify(token)}`)
    }
    return token.text
  }
  const at = (kind: string): boolean => tokens[0]?.kind === kind
  take('erDiagram')
  while (tokens.length > 0) {
    if (at('newline')) {
      take('newline')
      continue
    }
    const name = shown(take('entity'))
    if (at('cardinality')) {
      const cardinality = take('cardinality') + take('line') + take('cardinality')
      const to = shown(take('entity'))
      if (take('other') !== ':') throw new Error(': expected')
      diagram.relations.push({from: name, cardinality, to, role: shown(take('entity', 'word'))})
      continue
    }
    const attributes: MermaidAttribute[] = []
    if (at('{')) {
      take('{')
      while (!at('}')) attributes.push(attributeOf(take, at))
      take('}')
    }
    diagram.entities.push({name, attributes})
  }
  return diagram
}

function attributeOf(
  take: (kind: string) => string,
  at: (kind: string) => boolean,
): MermaidAttribute {
  const [type, name] = [take('word'), take('word')]
  const keys: string[] = []
  while (at('key')) {
    keys.push(take('key'))
    if (at('other') && take('other') !== ',') throw new Error(', expected')
  }
  return {type, name, keys, comment: at('comment') ? shown(take('comment')) : ''}
}
