import type {Scene} from '../scene.js'

/**
 * Has the program log in as a role of its own.
 *
 * @param attributes of CREATE ROLE, beside LOGIN and its password
 * @param sql what else makes the role what it is; `{user}` is its name
 */
export function asRole(attributes: string, ...sql: string[]) {
  return async ({database, fill, query, say}: Scene): Promise<undefined> => {
    const url = new URL(fill('{url}'))
    const role = `${database}_role`
    const password = decodeURIComponent(url.password)
    await query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}' ${attributes}`)
    url.username = role
    say('user', role)
    say('url', url.href)
    for (const each of sql) await query(each)
    return undefined
  }
}

/** Databases cannot be altered in a string of statements. */
export function withSql(...sql: string[]) {
  return async ({query}: Scene): Promise<undefined> => {
    for (const each of sql) await query(each, 'postgres')
    return undefined
  }
}
