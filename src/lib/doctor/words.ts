import pg from 'pg'
import {commandFor, targetFlags} from '../target/again.js'
import {isRdsHost} from '../target/production.js'
import type {Target} from '../target/target.js'
import {STEERING} from '../target/text.js'
import type {Facts} from './facts.js'

/** A code point as it stands in U&"…" (PostgreSQL documentation, 4.1.2.3). */
function escaped(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16)
  return hex.length > 4 ? `\\+${hex.padStart(6, '0')}` : `\\${hex.padStart(4, '0')}`
}

/** A name as SQL that can be pasted from a terminal: what a terminal does not show stands in it as an escape. */
export function sqlName(name: string): string {
  if (name.search(STEERING) < 0) return pg.escapeIdentifier(name)
  const inside = name.replaceAll('\\', '\\\\').replaceAll('"', '""').replace(STEERING, escaped)
  return `U&"${inside}"`
}

/** A table's name as in a sentence: without the schema `public`, in quotes where SQL needs them. */
export function tableName(schema: string, name: string): string {
  const parts = schema === 'public' ? [name] : [schema, name]
  return parts.map((part) => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : sqlName(part))).join('.')
}

/** ` --env-file FILE`, without which a command would read other variables, and act on another database. */
export function envFileFlag({flags}: Pick<Facts, 'flags'>): string {
  return targetFlags({'env-file': flags?.['env-file']})
}

/** A command of this program for the same target: `cruddur-db setup --prod`. */
export function command(facts: Facts, words: string): string {
  const {flags, prod, target} = facts
  const url = target?.name === 'url' ? 'URL' : undefined
  return commandFor({...flags, prod, url})(words)
}

/** `2026-11-22`, in UTC. */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}

/** Who may give a role rights. */
export function grantor({hosts}: Target): string {
  return hosts.some(isRdsHost) ? 'the master user' : 'a superuser'
}
