import {expect, test} from 'vitest'
import {packageRoot} from '../support/program.js'
import {faultsPage} from './markdown.js'
import {closedFaults} from './tables/closed.js'
import {concurrencyFaults} from './tables/concurrency.js'
import {connectionFaults} from './tables/connection.js'
import {consentFaults} from './tables/consent.js'
import {laterConsentFaults} from './tables/consent-later.js'
import {leftoverFaults} from './tables/leftovers.js'
import {messageFaults} from './tables/messages.js'
import {migrationFileFaults} from './tables/migration-files.js'
import {migrationHistoryFaults} from './tables/migration-history.js'
import {migrationOthersFaults} from './tables/migration-others.js'
import {migrationServerFaults} from './tables/migration-server.js'
import {migrationFaults} from './tables/migrations.js'
import {nameFaults} from './tables/names.js'
import {productionFaults} from './tables/production.js'
import {queryFaults} from './tables/queries.js'
import {queryRunningFaults} from './tables/query-running.js'
import {resetFaults} from './tables/resets.js'
import {resourceFaults} from './tables/resources.js'
import {rightsFaults} from './tables/rights.js'
import {serverFaults} from './tables/server.js'
import {serverStateFaults} from './tables/server-states.js'
import {sessionFaults} from './tables/sessions.js'
import {signalFaults} from './tables/signals.js'
import {sqlChangingFaults} from './tables/sql-changing.js'
import {sqlCommandFaults} from './tables/sql-commands.js'
import {sqlReadingFaults} from './tables/sql-reading.js'
import {sqlRunningFaults} from './tables/sql-running.js'
import {urlFaults} from './tables/urls.js'
import {userIdsFaults} from './tables/user-ids.js'

const THEMES = [
  consentFaults,
  laterConsentFaults,
  productionFaults,
  urlFaults,
  sqlReadingFaults,
  sqlCommandFaults,
  sqlRunningFaults,
  sqlChangingFaults,
  migrationFileFaults,
  migrationFaults,
  migrationHistoryFaults,
  migrationOthersFaults,
  migrationServerFaults,
  queryFaults,
  queryRunningFaults,
  userIdsFaults,
  sessionFaults,
  concurrencyFaults,
  connectionFaults,
  resetFaults,
  serverFaults,
  serverStateFaults,
  rightsFaults,
  closedFaults,
  signalFaults,
  nameFaults,
  messageFaults,
  leftoverFaults,
  resourceFaults,
]

test('docs/FAULTS.md says what the table of faults says', async () => {
  await expect(faultsPage(THEMES)).toMatchFileSnapshot(`${packageRoot}docs/FAULTS.md`)
})

test('no two faults have the same name', () => {
  const names = THEMES.flatMap(({faults}) => faults.map(({name}) => name))
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
})
