import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import ts from 'typescript'

/** What the program says when it raises an error; `…` stands for what is different each time. */
export interface Saying {
  code: string
  message: string
  hint: string
  /** Undefined where it is not written down beside the code. */
  exit: number | undefined
}

const OPEN = '…'

/** What `src/` says with each of these codes, in the order of its files. */
export function readSayings(root: string, codes: ReadonlySet<string>): Saying[] {
  const files = readdirSync(join(root, 'src'), {recursive: true, encoding: 'utf8'})
  return files
    .filter((name) => name.endsWith('.ts') && !name.endsWith('error-codes.ts'))
    .sort()
    .flatMap((name) => sayingsOf(readFileSync(join(root, 'src', name), 'utf8'), codes))
}

/** Those of one file: where a code is the first of several arguments, or the `code` of an object. */
export function sayingsOf(source: string, codes: ReadonlySet<string>): Saying[] {
  const file = ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest, true)
  const constants = constantsOf(file)
  const found: Saying[] = []
  const visit = (node: ts.Node): void => {
    for (const code of codesIn(node).filter((each) => codes.has(each))) {
      const parts = partsAt(node)
      if (parts) found.push({code, ...wordsOf(parts, constants)})
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

interface Parts {
  message: ts.Expression | undefined
  hint: ts.Expression | undefined
  exit: ts.Expression | undefined
}

/** The codes that a call is given first, or that an object has. */
function codesIn(node: ts.Node): string[] {
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) return textsOf(node.arguments?.[0])
  if (ts.isObjectLiteralExpression(node)) return textsOf(property(node, 'code'))
  return []
}

function textsOf(node: ts.Expression | undefined): string[] {
  if (node && ts.isConditionalExpression(node))
    return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)]
  if (node && ts.isAsExpression(node)) return textsOf(node.expression)
  return node && ts.isStringLiteral(node) ? [node.text] : []
}

function partsAt(node: ts.Node): Parts | undefined {
  if (ts.isObjectLiteralExpression(node)) {
    const [message, hint, exit] = ['message', 'hint', 'exit'].map((name) => property(node, name))
    return message && {message, hint, exit}
  }
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return undefined
  const [, message, third] = node.arguments ?? []
  const isObject = third !== undefined && ts.isObjectLiteralExpression(third)
  const hint = isObject ? property(third, 'hint') : third
  return message && {message, hint, exit: isObject ? property(third, 'exit') : undefined}
}

function property(node: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  for (const each of node.properties) {
    if (each.name === undefined || each.name.getText() !== name) continue
    if (ts.isPropertyAssignment(each)) return each.initializer
    if (ts.isShorthandPropertyAssignment(each)) return each.name
  }
  return undefined
}

type Constants = ReadonlyMap<string, ts.Expression>

function wordsOf({message, hint, exit}: Parts, constants: Constants): Omit<Saying, 'code'> {
  return {
    message: textOf(message, constants),
    hint: hint ? textOf(hint, constants) : '',
    exit: exit && ts.isNumericLiteral(exit) ? Number(exit.text) : undefined,
  }
}

/** The text that an expression comes to, as far as it is known without running it. */
function textOf(node: ts.Expression | undefined, constants: Constants): string {
  if (node === undefined) return ''
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression, constants)
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map(
      ({expression, literal}) => fixedText(expression, constants) + literal.text,
    )
    return node.head.text + spans.join('')
  }
  if (ts.isConditionalExpression(node)) {
    const both = [node.whenTrue, node.whenFalse].map((each) => textOf(each, constants))
    return both.every((text) => text !== OPEN) ? both.join(' / ') : (both.find(said) ?? OPEN)
  }
  if (ts.isBinaryExpression(node)) {
    const both = [node.left, node.right].map((each) => textOf(each, constants))
    return node.operatorToken.kind === ts.SyntaxKind.PlusToken
      ? both.join('')
      : (both.find(said) ?? OPEN)
  }
  return fixedText(node, constants)
}

/** That of a constant whose text never changes, and of a command for the same target; of all else nothing is known. */
function fixedText(node: ts.Expression, constants: Constants): string {
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
    const [words] = node.expression.text === 'command' ? node.arguments : []
    return words ? `cruddur-db ${textOf(words, constants)}` : OPEN
  }
  const value = ts.isIdentifier(node) ? constants.get(node.text) : undefined
  return value ? textOf(value, constants) : OPEN
}

export function said(text: string): boolean {
  return text.replaceAll(OPEN, '').trim() !== ''
}

function constantsOf(file: ts.SourceFile): Constants {
  const found = new Map<string, ts.Expression>()
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue
    for (const {name, initializer} of statement.declarationList.declarations) {
      if (initializer && ts.isStringLiteralLike(initializer)) found.set(name.getText(), initializer)
    }
  }
  return found
}
