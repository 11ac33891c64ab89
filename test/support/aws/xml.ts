import type {Refusal} from './refusal.js'

export type Service = 'rds' | 'ec2'

/** An element's content. An array repeats the element; what is undefined is left out. */
export type Xml = string | number | boolean | Date | undefined | Xml[] | {[name: string]: Xml}

const NAMESPACE: Record<Service, string> = {
  rds: 'http://rds.amazonaws.com/doc/2014-10-31/',
  ec2: 'http://ec2.amazonaws.com/doc/2016-11-15/',
}

const ENTITIES: Record<string, string> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'}

const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char)

function content(value: Xml): string {
  if (value instanceof Date) return value.toISOString()
  if (typeof value !== 'object') return escaped(String(value))
  return Object.entries(value)
    .map(([name, child]) => element(name, child))
    .join('')
}

function element(name: string, value: Xml): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join('')
  const inside = content(value)
  return inside === '' ? `<${name}/>` : `<${name}>${inside}</${name}>`
}

/** `<Name xmlns="…">content</Name>`, the root of an answer. */
const root = (service: Service, name: string, inside: string) =>
  `<${name} xmlns="${NAMESPACE[service]}">${inside}</${name}>`

/** A result as awsQuery (RDS) and ec2Query wrap it; the SDK and the `aws` command both read it. */
export function resultXml(
  service: Service,
  action: string,
  result: Xml,
  requestId: string,
): string {
  if (service === 'ec2') {
    return root(
      service,
      `${action}Response`,
      `${element('requestId', requestId)}${content(result)}`,
    )
  }
  const metadata = element('ResponseMetadata', {RequestId: requestId})
  return root(service, `${action}Response`, `${element(`${action}Result`, result)}${metadata}`)
}

/** An error as either service writes it; EC2's has no namespace and spells `RequestID`. */
export function errorXml(service: Service, refusal: Refusal, requestId: string): string {
  const {code: Code, message: Message, status} = refusal
  if (service === 'ec2') {
    const response = {Response: {Errors: {Error: {Code, Message}}, RequestID: requestId}}
    return `<?xml version="1.0" encoding="UTF-8"?>\n${content(response)}`
  }
  const Type = status < 500 ? 'Sender' : 'Receiver'
  const inside = content({Error: {Type, Code, Message}, RequestId: requestId})
  return root(service, 'ErrorResponse', inside)
}
