import type {Entity, Field, Model, Relation} from './model.js'

/** Above it mermaid draws nothing unless told by `maxTextSize` (its documentation, "Diagram size"). */
export const MERMAID_LIMIT = 50_000

/**
 * The model as a mermaid `erDiagram`, for mermaid 10 and newer. Names are quoted, since without quotes it knows `users` as
 * the word `u` and a rest. Of a column's name and type mermaid 10 knows ASCII letters, digits and `_`, of the type also
 * `()[]-`; where that is not enough the whole stands in the comment. What the parser, or what runs before it, would take for
 * something else is written as `#35;`, which mermaid shows as `#`. (packages/mermaid/src/diagrams/er/parser/erDiagram.jison)
 */
export function drawMermaid(model: Model): string {
  const entities = model.entities.flatMap(entityLines)
  const relations = model.relations.map((relation) => relationLine(relation, model.entities))
  return `${['erDiagram', ...[...entities, ...relations].map((line) => `    ${line}`)].join('\n')}\n`
}

function entityLines({fields, name}: Entity): string[] {
  if (fields.length === 0) return [quoted(name)]
  return [`${quoted(name)} {`, ...fields.map((field) => `    ${fieldLine(field)}`), '}']
}

function fieldLine({marks, name, notNull, type}: Field): string {
  const [typeWord, nameWord] = [typeWordOf(type), nameWordOf(name)]
  const remarks = [
    nameWord === name ? '' : name,
    typeWord === type ? '' : type,
    notNull && !marks.includes('PK') ? 'not null' : '',
  ].filter((remark) => remark !== '')
  const comment = remarks.length > 0 ? quoted(remarks.join(', ')) : ''
  return [typeWord, nameWord, marks.join(', '), comment].filter((part) => part !== '').join(' ')
}

/** A word of its own is taken for a key, in any case, and so is what stands before a `(`. */
const KEY = /^(?:pk|fk|uk)\b/i

function nameWordOf(name: string): string {
  return asWord(name.replace(/[^A-Za-z0-9_]+/g, '_'))
}

function typeWordOf(type: string): string {
  return asWord(type.replace(/[^A-Za-z0-9_()[\]-]+/g, '_'))
}

function asWord(text: string): string {
  return /^[A-Za-z_]/.test(text) && !KEY.test(text) ? text : `_${text}`
}

/**
 * `"` ends a text, `\` and `%` are refused in names, `%%{…}%%` is a directive anywhere, `~` makes a generic type of all before
 * it, `<b>` is HTML, and `direction TB` a statement even between quotes. Of a line with `style`, a `:` and `#…;` behind it, the
 * last `;` is taken away (encodeEntities in packages/mermaid/src/utils.ts).
 */
const STEERING = /["#%\\~<>&`:]|(?<=\bdirection)\s/gi

function quoted(text: string): string {
  return `"${text.replace(STEERING, (character) => `#${character.charCodeAt(0)};`)}"`
}

function relationLine(relation: Relation, entities: readonly Entity[]): string {
  const {child, optional, parent, single} = relation
  const [from, to] = [entities[parent.entity], entities[child.entity]]
  const columns = child.fields.map((field) => to?.fields[field]?.name ?? '')
  const line = `${optional ? '|o' : '||'}--${single ? 'o|' : 'o{'}`
  return `${quoted(from?.name ?? '')} ${line} ${quoted(to?.name ?? '')} : ${quoted(columns.join(', '))}`
}
