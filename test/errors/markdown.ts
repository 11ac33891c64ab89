import {ERROR_CODES} from '../../src/lib/error-codes.js'
import {type Saying, said} from './sayings.js'

const HEAD = `# Errors

Every error that \`cruddur-db\` can end with: its code (\`error.code\` with \`--json\`), when it comes, and what to do. Codes and exit codes are
kept; words may change. This file is made of \`src/lib/error-codes.ts\` and of what the code says; after a change of either run
\`npx vitest run test/errors -u\`. Each code is in a test.

What a person sees is \`Error: MESSAGE\`, where the error lies (\`FILE:LINE:COLUMN\`, the line, a caret), PostgreSQL's own detail,
\`→\` with the next step, and the SQLSTATE. \`…\` below stands for what is different each time; where an error has words of the server's
or of AWS alone, none are listed. \`DEBUG=cruddur-db:*\` shows what the program does on the way, without passwords.

Exit codes: 1 failed, 2 usage or configuration, 3 unreachable or not logged in, 4 refused, 130 interrupted (143: SIGTERM, 129: terminal closed).
`

/** docs/ERRORS.md. */
export function errorsPage(sayings: readonly Saying[]): string {
  const areas = Object.entries(ERROR_CODES).map(([area, codes]) => {
    const sections = Object.entries(codes).map(([code, {cure, exit, when}]) =>
      [
        `### ${code}`,
        '',
        `**When:** ${when}.  `,
        `**Do:** ${cure}.  `,
        `**Exit:** ${exit.join(' or ')}.`,
        ...table(sayings.filter((each) => each.code === code)),
      ].join('\n'),
    )
    return [`## ${area}`, ...sections].join('\n\n')
  })
  return `${[HEAD, ...areas].join('\n')}\n`.replaceAll('\n\n\n', '\n\n')
}

function table(sayings: readonly Saying[]): string[] {
  const rows = sayings
    .filter(({message}) => said(message))
    .map(({hint, message}) => `| ${cell(message)} | ${said(hint) ? cell(hint) : ''} |`)
  if (rows.length === 0) return []
  return ['', '| message | next step |', '| --- | --- |', ...new Set(rows)]
}

function cell(text: string): string {
  const plain = text.replaceAll('\n', ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;').trim()
  return plain.replaceAll('*', '\\*')
}
