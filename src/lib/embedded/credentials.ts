/**
 * The embedded server's superuser. The password is a documented constant, no secret: it keeps other programs' connections
 * apart from ours, and the server listens on 127.0.0.1 only.
 */
export const EMBEDDED_USER = 'postgres'
export const EMBEDDED_PASSWORD = 'password'

/** The database a URL names unless told otherwise; starting the server does not create it. */
export const EMBEDDED_DATABASE = 'cruddur'

/** The embedded server listens here and nowhere else. */
export const EMBEDDED_HOST = '127.0.0.1'
