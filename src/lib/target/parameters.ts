/** A parameter of a connection URL. */
interface Parameter {
  /** libpq's environment variable that fills it when the URL does not. */
  variable: string | undefined
  /** What is wrong with a value, as a phrase behind the parameter's name; undefined: nothing. */
  refuse: (value: string) => string | undefined
}

function text(variable?: string): Parameter {
  return {variable, refuse: () => undefined}
}

function words(accepted: readonly string[], variable?: string, cure?: string): Parameter {
  const list = accepted.join(', ')
  const phrase = accepted.length > 1 ? `must be one of ${list}` : `must be ${list}`
  const refusal = cure === undefined ? phrase : `${phrase}: ${cure}`
  return {variable, refuse: (value) => (accepted.includes(value) ? undefined : refusal)}
}

/** Whole seconds, milliseconds or counts, as libpq's parse_int_param takes them: 32 bits, signed. */
function integer(variable?: string): Parameter {
  const fits = (value: string) => /^[+-]?\d+$/.test(value) && Math.abs(Number(value)) < 2 ** 31
  return {variable, refuse: (value) => (fits(value) ? undefined : 'must be a whole number')}
}

/** Known to libpq and not to us; `harmless` are the values that ask for what is done anyway. */
function refused(cure: string, variable?: string, harmless: readonly string[] = []): Parameter {
  const refusal = `is not supported: ${cure}`
  return {variable, refuse: (value) => (harmless.includes(value) ? undefined : refusal)}
}

const REMOVE = 'take it away'
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']
const PROTOCOLS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const SESSIONS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby']

/**
 * Every parameter a URL may carry: libpq's (PostgreSQL 18 documentation, 32.1.2 and 32.15), and
 * `uselibpqcompat` of node-postgres, whose meaning we have anyway.
 *
 * Accepted without effect: Node sets neither keepalive intervals and counts nor TCP_USER_TIMEOUT;
 * GSS is never used; hosts are tried in the order written also with load_balance_hosts=random.
 */
export const parameters = {
  user: text('PGUSER'),
  password: text('PGPASSWORD'),
  host: text('PGHOST'),
  hostaddr: text('PGHOSTADDR'),
  port: text('PGPORT'),
  // Never PGDATABASE: what gets dropped is named where the server is.
  dbname: text(),
  passfile: text('PGPASSFILE'),

  sslmode: words(
    SSL_MODES,
    'PGSSLMODE',
    'for TLS without a verified certificate write sslmode=require',
  ),
  ssl: words(['true'], undefined, 'for no TLS write sslmode=disable'),
  sslrootcert: text('PGSSLROOTCERT'),
  sslcert: text('PGSSLCERT'),
  sslkey: text('PGSSLKEY'),
  sslpassword: text(),
  sslnegotiation: words(['postgres', 'direct'], 'PGSSLNEGOTIATION'),
  ssl_min_protocol_version: words(PROTOCOLS, 'PGSSLMINPROTOCOLVERSION'),
  ssl_max_protocol_version: words(PROTOCOLS, 'PGSSLMAXPROTOCOLVERSION'),
  sslcertmode: words(['allow'], 'PGSSLCERTMODE'),
  sslsni: words(['1'], 'PGSSLSNI'),
  sslcompression: words(['0', '1'], 'PGSSLCOMPRESSION'),
  sslcrl: refused(REMOVE, 'PGSSLCRL'),
  sslcrldir: refused(REMOVE, 'PGSSLCRLDIR'),
  sslkeylogfile: refused(REMOVE),
  uselibpqcompat: words(['true', 'false']),

  channel_binding: words(['disable', 'prefer', 'require'], 'PGCHANNELBINDING'),
  target_session_attrs: words(SESSIONS, 'PGTARGETSESSIONATTRS'),
  load_balance_hosts: words(['disable', 'random'], 'PGLOADBALANCEHOSTS'),
  connect_timeout: integer('PGCONNECT_TIMEOUT'),
  keepalives: words(['0', '1']),
  keepalives_idle: integer(),
  keepalives_interval: integer(),
  keepalives_count: integer(),
  tcp_user_timeout: integer(),

  application_name: text('PGAPPNAME'),
  fallback_application_name: text(),
  options: text('PGOPTIONS'),
  client_encoding: words(['auto', 'UTF8', 'UTF-8', 'utf8', 'utf-8']),

  gssencmode: words(['disable', 'prefer'], 'PGGSSENCMODE'),
  krbsrvname: text(),
  gsslib: text(),
  gssdelegation: words(['0']),
  min_protocol_version: words(['3.0'], 'PGMINPROTOCOLVERSION'),
  max_protocol_version: words(['3.0', '3.2', 'latest'], 'PGMAXPROTOCOLVERSION'),

  service: refused('write its host, port, user and database into the URL'),
  servicefile: refused('write host, port, user and database into the URL'),
  replication: refused(REMOVE, undefined, ['0', 'false', 'off', 'no']),
  require_auth: refused(REMOVE, 'PGREQUIREAUTH'),
  requirepeer: refused(REMOVE, 'PGREQUIREPEER'),
  scram_client_key: refused('use a password'),
  scram_server_key: refused('use a password'),
  oauth_issuer: refused('use a password'),
  oauth_client_id: refused('use a password'),
  oauth_client_secret: refused('use a password'),
  oauth_scope: refused('use a password'),
} as const satisfies Record<string, Parameter>

export type ParameterName = keyof typeof parameters

export const parameterNames = Object.keys(parameters) as ParameterName[]

export function isParameterName(name: string): name is ParameterName {
  return Object.hasOwn(parameters, name)
}

const SPOKEN: Partial<Record<ParameterName, string>> = {
  user: 'the user name',
  password: 'the password',
  host: 'the host',
  port: 'the port',
  dbname: 'the database name',
}

/** The parameter as messages call it. */
export function spoken(name: ParameterName): string {
  return SPOKEN[name] ?? name
}
