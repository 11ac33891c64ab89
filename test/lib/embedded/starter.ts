import {startServer} from '../../../src/lib/embedded/server.js'
import {CruddurError} from '../../../src/lib/error.js'

const [home = ''] = process.argv.slice(2)
const report = await startServer(home).then(
  (server) => ({server}),
  (error: unknown) => ({
    error: {code: error instanceof CruddurError ? error.code : 'BUG', message: String(error)},
  }),
)
process.stdout.write(JSON.stringify(report))
