import {wordEnd} from './bytes.js'
import {createScanner, finish, scan} from './scan.js'
import type {Statement, Token} from './scanner.js'

/** The statement's first word in lower case, or `''` when it begins with something else. Cheap. */
export function firstWord(bytes: Buffer, {start, end}: Statement): string {
  const wordStop = Math.min(wordEnd(bytes, start), end)
  return bytes.toString('latin1', start, wordStop).toLowerCase()
}

/** Every word, bracket and opening quote of a statement, without what is in quotes and comments. */
export function tokensOf(bytes: Buffer, {start, end}: Statement): Token[] {
  const scanner = createScanner(start)
  scanner.tokens = []
  scan(scanner, bytes.subarray(start, end), start)
  finish(scanner)
  return scanner.tokens
}

/** The texts of the tokens outside of parentheses. */
export function topWords(tokens: readonly Token[]): string[] {
  let depth = 0
  const words: string[] = []
  for (const {text} of tokens) {
    if (text === '(') depth++
    else if (text === ')') depth--
    else if (depth === 0) words.push(text)
  }
  return words
}
