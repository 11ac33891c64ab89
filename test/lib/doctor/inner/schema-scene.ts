import type {Finding} from '../../../../src/lib/doctor/check.js'
import {databaseCheck} from '../../../../src/lib/doctor/inner/database.js'
import {schemaCheck} from '../../../../src/lib/doctor/inner/schema.js'
import {query, urlOf, withDatabase} from '../../../support/postgres.js'
import {seeOnce} from './scene.js'

export const SQL = 'CREATE TABLE users (id int, name text); CREATE TABLE notes (id int, at date);'

/** What is found with `sql` in the file. */
export const see = (database: string, sql = SQL, target = {}): Promise<Finding> =>
  seeOnce(urlOf(database), [databaseCheck, schemaCheck], {files: {'db/schema.sql': sql}, target})

/** What is found in a database that `there` has been run in. */
export const found = (there: string, sql = SQL): Promise<Finding> =>
  withDatabase(async (database) => {
    await query(there, database)
    return await see(database, sql)
  })

export const IN_ORDER = 'the 2 tables of db/schema.sql are there'
