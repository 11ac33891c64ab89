import type {Statement} from './scanner.js'
import {firstWord, tokensOf, topWords} from './tokens.js'

/** A statement's words: all of them, and those outside of parentheses. To the statement's name, if it is meant. */
type Rule = (top: readonly string[], all: readonly string[]) => string | undefined

/**
 * The name of a statement that PostgreSQL refuses in a transaction block ("cannot be executed inside
 * a transaction block" in the reference pages), else undefined. Where that depends on what is in the
 * database (a partitioned table, a subscription's slot) the server is left to tell.
 */
export function outsideOnly(bytes: Buffer, statement: Statement): string | undefined {
  const rule = RULES.get(firstWord(bytes, statement))
  if (!rule) return undefined
  const tokens = tokensOf(bytes, statement)
  return rule(
    topWords(tokens),
    tokens.map(({text}) => text),
  )
}

const RULES = new Map<string, Rule>([
  ['alter', ruleForAlter],
  ['cluster', ruleForCluster],
  ['create', ruleForCreate],
  ['discard', ([, what]) => (what === 'all' ? 'DISCARD ALL' : undefined)],
  ['drop', ruleForDrop],
  ['reindex', ruleForReindex],
  ['vacuum', () => 'VACUUM'],
])

function ruleForAlter(top: readonly string[]): string | undefined {
  switch (top[1]) {
    case 'system':
      return 'ALTER SYSTEM'
    case 'database':
      return follow(top, 'set', 'tablespace') ? 'ALTER DATABASE … SET TABLESPACE' : undefined
    case 'subscription':
      return follow(top, 'refresh', 'publication') ? 'ALTER SUBSCRIPTION … REFRESH' : undefined
    case 'table':
      return follow(top, 'detach', 'partition') && top.at(-1) === 'concurrently'
        ? 'ALTER TABLE … DETACH PARTITION CONCURRENTLY'
        : undefined
    default:
      return undefined
  }
}

function ruleForCluster(top: readonly string[]): string | undefined {
  return top.slice(1).every((word) => word === 'verbose') ? 'CLUSTER of all tables' : undefined
}

function ruleForCreate(top: readonly string[], all: readonly string[]): string | undefined {
  const words = top.filter((word) => word !== 'unique')
  switch (words[1]) {
    case 'database':
      return 'CREATE DATABASE'
    case 'tablespace':
      return 'CREATE TABLESPACE'
    case 'index':
      return words[2] === 'concurrently' ? 'CREATE INDEX CONCURRENTLY' : undefined
    case 'subscription':
      // WITH (create_slot = false) or (connect = false), as pg_dump writes it, may run inside.
      return all.includes('create_slot') || all.includes('connect')
        ? undefined
        : 'CREATE SUBSCRIPTION'
    default:
      return undefined
  }
}

function ruleForDrop([, what, next]: readonly string[]): string | undefined {
  if (what === 'database') return 'DROP DATABASE'
  if (what === 'tablespace') return 'DROP TABLESPACE'
  return what === 'index' && next === 'concurrently' ? 'DROP INDEX CONCURRENTLY' : undefined
}

function ruleForReindex([, what]: readonly string[], all: readonly string[]): string | undefined {
  if (what === 'database' || what === 'schema' || what === 'system') {
    return `REINDEX ${what.toUpperCase()}`
  }
  const value = all[all.indexOf('concurrently') + 1]
  const concurrently = all.includes('concurrently') && value !== 'false' && value !== 'off'
  return concurrently ? 'REINDEX CONCURRENTLY' : undefined
}

function follow(words: readonly string[], first: string, second: string): boolean {
  return words.some((word, index) => word === first && words[index + 1] === second)
}
