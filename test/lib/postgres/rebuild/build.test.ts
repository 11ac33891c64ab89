import {expect, onTestFinished, test} from 'vitest'
import {inPipeline} from '../../../../src/lib/pipelining.js'
import {createLike, prepare} from '../../../../src/lib/postgres/rebuild/build.js'
import {connect, dropDatabases, freshName, query} from '../../../support/postgres.js'

test('a database that somebody has made under the new name is not marked as one to be removed', async () => {
  const name = freshName()
  await query(`CREATE DATABASE "${name}" TEMPLATE template0`)
  onTestFinished(() => dropDatabases(name))
  const client = await connect('postgres')
  onTestFinished(() => client.end())
  const none = {properties: undefined, copied: undefined}
  const [created, prepared] = await inPipeline(client, () =>
    Promise.allSettled([createLike(client, name, none), prepare(client, name, undefined)]),
  )
  expect(created).toEqual({status: 'fulfilled', value: false})
  expect(prepared.status).toBe('rejected')
  const found = await query(
    `SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = '${name}'`,
  )
  expect(found).toEqual([{comment: null}])
})
