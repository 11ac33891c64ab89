import type {Check} from '../check.js'
import type {Facts} from '../facts.js'
import {connectionsCheck} from './connections.js'
import {databaseCheck} from './database.js'
import {extensionsCheck} from './extensions.js'
import {migrationsCheck} from './migrations.js'
import {psqlCheck} from './psql.js'
import {rightsCheck} from './rights.js'
import {schemaCheck} from './schema.js'
import {seedCheck} from './seed.js'
import {versionCheck} from './version.js'

/** What is looked at behind the login, in this order. */
export const innerChecks: readonly Check<Facts>[] = [
  versionCheck,
  rightsCheck,
  connectionsCheck(),
  psqlCheck,
  databaseCheck,
  extensionsCheck,
  schemaCheck,
  seedCheck,
  migrationsCheck,
]
