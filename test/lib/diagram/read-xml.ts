export interface XmlElement {
  name: string
  attributes: ReadonlyMap<string, string>
  children: readonly (XmlElement | string)[]
}

const NAME = /[A-Za-z_][\w:.-]*/y
const ATTRIBUTE = /\s+([A-Za-z_][\w:.-]*)="([^"<]*)"/y
const TEXT = /[^<]+/y
const ENTITIES: Readonly<Record<string, string>> = {amp: '&', lt: '<', gt: '>', quot: '"'}
/** https://www.w3.org/TR/xml/#charsets */
const CHARACTERS = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u

/**
 * Reads the part of XML 1.0 that is used here, elements, attributes and text with named entities, and throws at anything
 * that is not well-formed, or that is none of these: a declaration, a comment, CDATA.
 */
export function readXml(text: string): XmlElement {
  if (!CHARACTERS.test(text)) throw new Error('a character that XML cannot have')
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(text) ?? undefined
    at += match?.[0].length ?? 0
    return match
  }
  const expectText = (wanted: string): void => {
    if (!text.startsWith(wanted, at)) throw new Error(`no ${wanted} at ${text.slice(at, at + 60)}`)
    at += wanted.length
  }
  const element = (): XmlElement => {
    expectText('<')
    const name = take(NAME)?.[0]
    if (name === undefined) throw new Error(`no name at ${text.slice(at, at + 60)}`)
    const attributes = new Map<string, string>()
    for (let found = take(ATTRIBUTE); found; found = take(ATTRIBUTE)) {
      const [, key = '', value = ''] = found
      if (attributes.has(key)) throw new Error(`${key} twice`)
      attributes.set(key, decoded(value))
    }
    if (text.startsWith('/>', at)) {
      at += 2
      return {name, attributes, children: []}
    }
    expectText('>')
    const children: (XmlElement | string)[] = []
    while (!text.startsWith('</', at)) {
      const found = take(TEXT)
      children.push(found ? decoded(found[0]) : element())
    }
    expectText(`</${name}>`)
    return {name, attributes, children}
  }
  const root = element()
  if (text.slice(at).trim() !== '') throw new Error(`after the end: ${text.slice(at, at + 60)}`)
  return root
}

function decoded(text: string): string {
  if (text.includes(']]>')) throw new Error(']]> in text')
  return text.replace(/&([^;]*;?)/g, (_, entity: string) => {
    const character = entity.endsWith(';') ? ENTITIES[entity.slice(0, -1)] : undefined
    if (character === undefined) throw new Error(`no entity &${entity}`)
    return character
  })
}

/** All elements of that name, in the document's order. */
export function elementsOf(root: XmlElement, name: string): XmlElement[] {
  const below = root.children.flatMap((child) =>
    typeof child === 'string' ? [] : elementsOf(child, name),
  )
  return root.name === name ? [root, ...below] : below
}

export function textOf({children}: XmlElement): string {
  return children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('')
}
