import type {Template} from '../lib/template/template.js'
import {loadSql, templateOf} from './sql.js'
import {type Link, readFirst, readJson} from './statement.js'
import type {Queries, Sql, Values} from './types.js'

/**
 * Runs `fn` with a connection.
 *
 * @param ready what has to have succeeded before one is worth having
 */
export type WithLink = <T>(fn: (link: Link) => Promise<T>, ready?: Promise<unknown>) => Promise<T>

/** What can be asked on the connections that `withLink` gives. */
export function queriesOn(withLink: WithLink, folder: () => string): Queries {
  // A connection is asked for at once: what was asked before an end() belongs to what that waits for.
  const ask = async <T>(
    sql: Sql | string,
    fn: (link: Link, template: Template) => Promise<T>,
  ): Promise<T> => {
    const template = templateOf(sql)
    // Where there is no connection for it, nobody hears what is wrong with it.
    template.catch(() => {})
    return await withLink(async (link) => fn(link, await template), template)
  }
  return {
    template: (...path) => loadSql(path, folder()),
    async queryArrayJson<T>(sql: Sql | string, values: Values = {}): Promise<T[]> {
      return (await ask(sql, (link, template) =>
        readJson(link, template, {as: 'array', values}),
      )) as T[]
    },
    async queryObjectJson<T>(sql: Sql | string, values: Values = {}): Promise<Partial<T>> {
      return (await ask(sql, (link, template) =>
        readJson(link, template, {as: 'object', values}),
      )) as Partial<T>
    },
    async queryCommit<T>(sql: Sql | string, values: Values = {}): Promise<T | undefined> {
      return (await ask(sql, (link, template) => readFirst(link, template, values))) as
        | T
        | undefined
    },
  }
}
