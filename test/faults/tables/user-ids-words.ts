import {
  type FakeCognito,
  fakeUser,
  poolOf,
  startFakeCognito,
  subOf,
} from '../../support/aws/fake-cognito.js'
import type {Fault, Undo} from '../fault.js'
import type {Scene} from '../scene.js'

const POOL = 'ca-central-1_AbCdEf123'

/** What stands on stderr behind the target. */
export const POOL_LINE = `AWS  ca-central-1  user pool ${POOL}\n`

/** What leads to the fake Cognito of {@link withPool}. */
export const COGNITO: NonNullable<Fault['env']> = {
  AWS_COGNITO_USER_POOL_ID: POOL,
  AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: '{cognito}',
  AWS_ACCESS_KEY_ID: '{key}',
  AWS_SECRET_ACCESS_KEY: '{secret}',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent/aws/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/aws/credentials',
}

/** The documents' table, with two users. */
export const USERS = `CREATE TABLE users (handle text, cognito_user_id text);
INSERT INTO users VALUES ('andrewbrown', 'MOCK'), ('bayko', 'MOCK');
CREATE UNIQUE INDEX ON users (cognito_user_id) WHERE cognito_user_id <> 'MOCK'`

/** Has a pool know both of them, and 130 more. */
export function withPool(sql = USERS, act?: (fake: FakeCognito, scene: Scene) => void) {
  return async (scene: Scene): Promise<Undo> => {
    const others = Array.from({length: 130}, (_, at) => fakeUser(subOf(at + 3), `u${at}`))
    const users = [fakeUser(subOf(1), 'andrewbrown'), fakeUser(subOf(2), 'bayko'), ...others]
    const fake = await startFakeCognito({[POOL]: poolOf(users)})
    scene.say('cognito', fake.url)
    scene.say('key', fake.env['AWS_ACCESS_KEY_ID'] ?? '')
    scene.say('secret', fake.env['AWS_SECRET_ACCESS_KEY'] ?? '')
    await scene.query(sql)
    act?.(fake, scene)
    return fake.close
  }
}
