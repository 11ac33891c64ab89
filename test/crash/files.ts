import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

const INSERTS = 400
const ROWS_EACH = 8
const COPIED = 8000
const LOOPED = 5000

function schema(prefix: string): string {
  return `
CREATE TABLE ${prefix}_authors (n int PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE ${prefix}_posts (
  n int PRIMARY KEY, author int NOT NULL REFERENCES ${prefix}_authors, body text NOT NULL);
CREATE TABLE ${prefix}_likes (n int PRIMARY KEY, post int NOT NULL);
CREATE TABLE ${prefix}_log (n int PRIMARY KEY, body text);
CREATE FUNCTION ${prefix}_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO ${prefix}_log VALUES (NEW.n, 'liked ' || NEW.post); RETURN NEW; END $$;
CREATE TRIGGER note AFTER INSERT ON ${prefix}_likes FOR EACH ROW EXECUTE FUNCTION ${prefix}_note();
CREATE VIEW ${prefix}_active AS SELECT author, count(*) FROM ${prefix}_posts GROUP BY author;
`
}

function seed(prefix: string): string {
  const row = (n: number): string => `(${n}, 'author ${n} of ${prefix}')`
  const inserts = Array.from({length: INSERTS}, (_, at) => {
    const rows = Array.from({length: ROWS_EACH}, (_, each) => row(at * ROWS_EACH + each))
    return `INSERT INTO ${prefix}_authors VALUES ${rows.join(', ')};\n`
  })
  const copied = Array.from(
    {length: COPIED},
    (_, n) => `${n}\t${n % (INSERTS * ROWS_EACH)}\tpost ${n} of ${prefix}\n`,
  )
  return `${inserts.join('')}
COPY ${prefix}_posts FROM stdin;
${copied.join('')}\\.

DO $$ BEGIN
  FOR n IN 1..${LOOPED} LOOP INSERT INTO ${prefix}_likes VALUES (n, n % ${COPIED}); END LOOP;
END $$;
CREATE INDEX ON ${prefix}_likes (post);
ALTER TABLE ${prefix}_likes ADD FOREIGN KEY (post) REFERENCES ${prefix}_posts;
`
}

/** Makes the default files of `setup` in `folder`, and `load.sql`, whose tables have other names. */
export function writeFiles(folder: string): void {
  mkdirSync(join(folder, 'db'))
  writeFileSync(join(folder, 'db', 'schema.sql'), schema('new'))
  writeFileSync(join(folder, 'db', 'seed.sql'), seed('new'))
  writeFileSync(join(folder, 'load.sql'), schema('added') + seed('added'))
}

/** What the old database holds. */
export const OLD = `
CREATE TABLE accounts (n int PRIMARY KEY, owner text NOT NULL UNIQUE);
INSERT INTO accounts SELECT n, 'owner ' || n FROM generate_series(1, 2000) n;
CREATE TABLE payments (n int PRIMARY KEY, account int NOT NULL REFERENCES accounts, cents int NOT NULL);
INSERT INTO payments SELECT n, 1 + n % 2000, n * 7 % 991 FROM generate_series(1, 5000) n;
CREATE INDEX ON payments (account);
`
