import {describe, expect, test} from 'vitest'
import {holdsSecret} from '../../../src/lib/shell/secrets.js'

describe('holds a secret', () => {
  test.each([
    "ALTER ROLE me PASSWORD 'x';",
    "alter user me with password 'x';",
    "CREATE ROLE me LOGIN PASSWORD 'x'",
    "CREATE USER me PASSWORD/* here */'x';",
    "CREATE USER me PASSWORD -- here\n 'x';",
    "CREATE USER me PASSWORD\n  'x';",
    "CREATE USER me PASSWORD E'x';",
    "CREATE USER me PASSWORD U&'x';",
    'CREATE USER me PASSWORD $$x$$;',
    'CREATE USER me PASSWORD $a$x$a$;',
    'CREATE ROLE me ENCRYPTED PASSWORD',
    "DO $$ BEGIN EXECUTE 'ALTER ROLE me PASSWORD ''x'''; END $$;",
    "CREATE USER MAPPING FOR me SERVER s OPTIONS (user 'u', password 'x');",
    "CREATE SUBSCRIPTION s CONNECTION 'host=h password=x' PUBLICATION p;",
    "SELECT dblink_connect('postgres://u:x@h/d');",
    "UPDATE users SET password = 'x';",
    "SET my.password TO 'x';",
    `INSERT INTO t VALUES ('{"password": "x"}');`,
    "SELECT crypt('x', gen_salt('bf'));",
    "SELECT pgp_sym_encrypt('a', 'x');",
    '\\c postgres://u:x@h/d',
    "INSERT INTO users (name, password) VALUES ('a', 'x');",
    "SELECT set_config('app.password', 'x', false);",
    "DO $$ BEGIN EXECUTE format('ALTER ROLE me PASSWORD %L', 'x'); END $$;",
  ])('%s', (statement) => {
    expect(holdsSecret(statement)).toBe(true)
  })
})

describe('holds none', () => {
  test.each([
    'SELECT 1;',
    'SELECT password FROM users;',
    'ALTER TABLE users ADD password text;',
    'SELECT password_hash, name FROM users;',
    "SELECT 'https://example.org/a?b=c';",
    '\\password',
    '\\d users',
  ])('%s', (statement) => {
    expect(holdsSecret(statement)).toBe(false)
  })
})
