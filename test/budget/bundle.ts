/** The most that a command may load. */
export interface LoadBudget {
  /** The command's words. */
  run: string
  /** Files of the package that are run, from the first to the last moment. */
  files: number
  /** Their size, in thousands of bytes. */
  kilobytes: number
  /** Modules of Node's own that are not loaded, unless Node does that by itself. */
  without: readonly string[]
}

/** What takes long to load, and no command but those of AWS needs. */
const HEAVY = [
  'cluster',
  'http',
  'http2',
  'https',
  'inspector',
  'internal/deps/undici/undici',
  'readline',
  'repl',
  'trace_events',
  'v8',
  'wasi',
  'worker_threads',
]
const BUT_FILES = [...HEAVY, 'assert', 'perf_hooks', 'zlib']
const WORDS_ONLY = [...BUT_FILES, 'crypto', 'dns', 'tls']
const AWS = HEAVY.filter((name) => !['http', 'https'].includes(name))

/** `CRUDDUR_BUDGET=write npx vitest run test/budget/bundle.test.ts` writes the numbers, a tenth above what it counts. */
export const LOADS: readonly LoadBudget[] = [
  {run: '--version', files: 8, kilobytes: 246, without: WORDS_ONLY},
  {run: '--help', files: 13, kilobytes: 293, without: WORDS_ONLY},
  {run: 'setup --help', files: 11, kilobytes: 291, without: WORDS_ONLY},
  {run: 'server status', files: 20, kilobytes: 308, without: BUT_FILES},
  {run: 'create', files: 26, kilobytes: 430, without: BUT_FILES},
  {run: 'schema-load', files: 41, kilobytes: 508, without: HEAVY},
  {run: 'seed', files: 38, kilobytes: 503, without: HEAVY},
  {run: 'migrate', files: 46, kilobytes: 544, without: HEAVY},
  {run: 'migrate-status', files: 32, kilobytes: 462, without: BUT_FILES},
  {run: 'query activities/home', files: 30, kilobytes: 470, without: BUT_FILES},
  {run: 'connect', files: 22, kilobytes: 344, without: BUT_FILES},
  {run: 'sessions', files: 33, kilobytes: 458, without: BUT_FILES},
  {run: 'sessions --json', files: 29, kilobytes: 446, without: BUT_FILES},
  {run: 'setup', files: 49, kilobytes: 601, without: HEAVY},
  {run: 'setup --dry-run', files: 47, kilobytes: 596, without: HEAVY},
  {run: 'update-cognito-user-ids --dry-run', files: 59, kilobytes: 767, without: AWS},
  {run: 'drop', files: 29, kilobytes: 448, without: BUT_FILES},
  {run: 'overview', files: 35, kilobytes: 456, without: BUT_FILES},
  {run: 'completion bash', files: 11, kilobytes: 264, without: WORDS_ONLY},
  {run: 'rds-create --dry-run', files: 41, kilobytes: 665, without: AWS},
  {run: 'rds-update-sg-rule --dry-run', files: 40, kilobytes: 573, without: AWS},
]
