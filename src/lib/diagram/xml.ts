const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  // As `]]>` it may not stand in text either.
  '>': '&gt;',
  '"': '&quot;',
}

/** What XML 1.0 has no way to write, and halves of surrogate pairs (https://www.w3.org/TR/xml/#charsets). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are looked for
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu

/** The text as it stands between tags, or in an attribute between double quotes. */
export function xmlText(text: string): string {
  return text
    .replace(UNWRITABLE, '\ufffd')
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
}

type Attributes = Readonly<Record<string, string | number | undefined>>

/** An element; `content` is XML already, and attributes that are undefined are left out. */
export function element(name: string, attributes: Attributes, ...content: readonly string[]) {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${xmlText(String(value))}"`],
  )
  const open = `<${name}${written.join('')}`
  return content.length === 0 ? `${open}/>` : `${open}>${content.join('')}</${name}>`
}
