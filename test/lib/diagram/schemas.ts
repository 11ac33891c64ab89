import type {Column, ForeignKey, Schema, Table} from '../../../src/lib/postgres/schema/schema.js'

/** `name`, of type integer unless `name type`; with `!` at its end not null. */
export function column(text: string): Column {
  const [name = '', type = 'integer'] = text.replace(/!$/, '').split(' ')
  const notNull = text.endsWith('!')
  return {name, type, notNull, hasDefault: false, identity: null, generated: null}
}

export function table(name: string, columns: readonly string[], extra: Partial<Table> = {}): Table {
  return {
    schema: 'public',
    name,
    kind: 'table',
    columns: columns.map(column),
    primaryKey: [],
    uniques: [],
    foreignKeys: [],
    ...extra,
  }
}

/** @param to `table.column` of the schema `public` */
export function foreignKey(from: string, to: string, extra: Partial<ForeignKey> = {}): ForeignKey {
  const [parent = '', referred = ''] = to.split('.')
  return {
    name: `${from}_fkey`,
    columns: [from],
    references: {schema: 'public', table: parent, columns: [referred]},
    onDelete: 'no action',
    ...extra,
  }
}

export const NETWORK: Schema = {
  tables: [
    table('activities', ['id!', 'user_id!', 'reply_to', 'message text!'], {
      primaryKey: ['id'],
      foreignKeys: [
        foreignKey('reply_to', 'activities.id'),
        foreignKey('user_id', 'users.id', {onDelete: 'cascade'}),
      ],
    }),
    table('profiles', ['user_id!', 'bio text'], {
      primaryKey: ['user_id'],
      foreignKeys: [foreignKey('user_id', 'users.id')],
    }),
    table('users', ['id!', 'handle text!', 'first text', 'last text'], {
      primaryKey: ['id'],
      uniques: [['handle'], ['first', 'last']],
    }),
  ],
}

/** What PostgreSQL allows in a name, and what other languages make something else of. */
export const AWKWARD_NAMES = [
  '"quoted"',
  `it's`,
  '<b>bold</b>',
  '&amp; &',
  ']]>',
  '-->',
  '%%{init: {}}%%',
  'direction TB',
  'a\\b',
  '~tilde~ ~',
  '#35;',
  '`tick`',
  'line\nfeed\ttab',
  '\u0001\u001b[31m\u007f\u009b',
  '\u202eright to left',
  'שלום עולם',
  '漢字',
  'é🦀👩‍👩‍👧',
  '\ufffe',
  ' ',
  '.',
  '1',
  'PK',
  'fk',
  'uk(3)',
  'ä'.repeat(31),
  'x'.repeat(63),
  '$& $1 %s',
  '}{',
  'style x:#1;',
  'constructor',
] as const

/** A table for each awkward name, with columns and a type of that name, the first of which refers to the next table. */
export const AWKWARD: Schema = {
  tables: AWKWARD_NAMES.map((name, place) => {
    const plain = column('id!')
    const next = AWKWARD_NAMES[(place + 1) % AWKWARD_NAMES.length] ?? ''
    return table(name, [], {
      schema: AWKWARD_NAMES[place % 3] ?? '',
      columns: [plain, {...plain, name}, {...plain, name: `${name} of a type`, type: name}],
      primaryKey: ['id'],
      uniques: [['id', name]],
      foreignKeys: [
        {
          name,
          columns: [name],
          references: {
            schema: AWKWARD_NAMES[((place + 1) % AWKWARD_NAMES.length) % 3] ?? '',
            table: next,
            columns: ['id'],
          },
          onDelete: 'set null',
        },
      ],
    })
  }),
}
