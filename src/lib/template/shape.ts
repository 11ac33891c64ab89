import type {Statement, Token} from '../sql/scanner.js'
import {firstWord, tokensOf} from '../sql/tokens.js'
import type {Shape} from './template.js'

const QUERIES = new Set(['select', 'values', 'table'])
const CHANGES = new Set(['insert', 'update', 'delete', 'merge'])

/** What kind of statement it is, by its words alone; what it does is the server's to tell. */
export function shapeOf(bytes: Buffer, statement: Statement): Shape {
  const word = firstWord(bytes, statement)
  // `(SELECT …) UNION …`
  if (bytes.toString('latin1', statement.start, statement.start + 1) === '(' || QUERIES.has(word))
    return {kind: 'query', hasRows: true}
  if (word !== 'with' && !CHANGES.has(word)) return {kind: 'other', hasRows: true}
  const tokens = tokensOf(bytes, statement)
  if (word === 'with') return shapeOfWith(tokens)
  return {kind: 'change', hasRows: returns(tokens, statement.start)}
}

function shapeOfWith(tokens: readonly Token[]): Shape {
  const main = mainOf(tokens)
  const isChange = main !== undefined && CHANGES.has(main.text)
  const changesWithin = tokens.some(
    ({text}, at) => tokens[at - 1]?.text === '(' && CHANGES.has(text),
  )
  if (!isChange) return {kind: 'query', hasRows: true, main: changesWithin ? main?.at : undefined}
  const nested = changesWithin ? main.at : undefined
  return {kind: 'change', hasRows: returns(tokens, main.at), main: nested}
}

/** The word that the statement proper begins with: the first one of its kind behind a closing bracket, outside of all. */
function mainOf(tokens: readonly Token[]): Token | undefined {
  let depth = 0
  return tokens.find(({text}, at) => {
    if (text === '(') depth++
    if (text === ')') depth--
    const isMain = QUERIES.has(text) || CHANGES.has(text)
    return depth === 0 && isMain && tokens[at - 1]?.text === ')'
  })
}

function returns(tokens: readonly Token[], from: number): boolean {
  let depth = 0
  return tokens.some(({text, at}) => {
    if (text === '(') depth++
    if (text === ')') depth--
    return depth === 0 && at > from && text === 'returning'
  })
}
