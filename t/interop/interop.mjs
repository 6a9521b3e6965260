// Licensed under the Apache License, Version 2.0; see LICENSE.

// What the interop programs share: TAP, finding the npm packages, and the dialect of the Python
// client, which npm does not have. Knows nothing of what is tested.

import { createRequire } from 'node:module'
import { request } from 'node:http'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual, inspect } from 'node:util'

// The directory node_modules beside the program; WAS_INTEROP_MODULES names another one.
export const modules =
  process.env.WAS_INTEROP_MODULES || join(dirname(process.argv[1]), 'node_modules')

const { resolve } = createRequire(join(modules, '..', 'package.json'))

export async function load(name) {
  return await import(pathToFileURL(resolve(name)))
}

let count = 0
let failed = 0

export function ok(good, name, note) {
  console.log(
    `${good ? '' : 'not '}ok ${++count} - ${name.replaceAll('#', '\\#').replaceAll('\n', '\\n')}`
  )
  if (!good) {
    failed++
    if (note !== undefined) console.log(String(note).replaceAll(/^/gm, '# '))
  }
  return good
}

export function is(got, expected, name) {
  return ok(
    isDeepStrictEqual(got, expected),
    name,
    `got:      ${inspect(got)}\nexpected: ${inspect(expected)}`
  )
}

// What throws in a section fails it, and the other sections go on.
export async function section(name, run) {
  try {
    await run(label => `${name}: ${label}`)
  } catch (error) {
    ok(false, `${name}: came to its end`, inspect(error))
  }
}

export function done() {
  console.log(`1..${count}`)
  process.exitCode = failed || !count ? 1 : 0
}

// The bytes of a response of fetch, or of the clients that wrap one.
export async function bytes(response) {
  return Buffer.from(await (await response.blob()).arrayBuffer())
}

// Two generations of the Python client: what they write into Authorization. Both sign the string
// that their caller gave them as a path.
const spellings = {
  'Python, old': {
    keyId: signer => signer.id.split('#')[0],
    encode: signature => Buffer.from(signature).toString('base64'),
    number: n => `${n}`
  },
  'Python, new': {
    keyId: signer => signer.id,
    encode: signature => Buffer.from(signature).toString('base64url'),
    number: n => `"${n}"`
  }
}
export const dialects = Object.keys(spellings)

export async function pythonAuthorization(dialect, signer, method, path) {
  const { keyId, encode, number } = spellings[dialect]
  const created = Math.floor(Date.now() / 1000)
  const expires = created + 30
  const lines = [
    `(created): ${created}`,
    `(expires): ${expires}`,
    `(key-id): ${keyId(signer)}`,
    `(request-target): ${method.toLowerCase()} ${path}`
  ]
  const signature = await signer.sign({ data: new TextEncoder().encode(lines.join('\n')) })
  return (
    `Signature keyId="${keyId(signer)}",headers="(created) (expires) (key-id) (request-target)",` +
    `signature="${encode(signature)}",created=${number(created)},expires=${number(expires)}`
  )
}

// Sends as the Python client does: its HTTP library percent-encodes the path on the way out, and a
// write always has a Content-Type. Yields { status, headers, body }.
export async function python(
  dialect,
  base,
  signer,
  method,
  path,
  content,
  type = 'application/octet-stream'
) {
  const writes = method === 'PUT' || method === 'POST'
  const body = Buffer.from(content ?? '')
  const headers = {
    accept: '*/*',
    'accept-encoding': 'gzip, deflate',
    'user-agent': 'python-httpx/0.28.1',
    ...(writes && { 'content-type': type, 'content-length': body.length }),
    ...(signer && { authorization: await pythonAuthorization(dialect, signer, method, path) })
  }
  const { hostname, port } = new URL(base)
  return await new Promise((resolve, reject) => {
    const wire = encodeURI(path).replaceAll('%25', '%')
    const out = request(
      { hostname, port, method, path: wire, headers, timeout: 20000 },
      response => {
        const chunks = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode,
            headers: response.headers,
            body: Buffer.concat(chunks)
          })
        )
      }
    )
    out.on('error', reject)
    out.on('timeout', () => out.destroy(new Error(`${method} ${path}: no answer`)))
    out.end(writes ? body : undefined)
  })
}
