// Licensed under the Apache License, Version 2.0; see LICENSE.

// The packages that stand in for those which npm lacks: at a given time, with the suite's own keys,
// they delegate and ask as the real client did whose requests are in t/vectors. Needs no server.
//
// shims.mjs VECTORS

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mock } from 'node:test'

import { done, is, load, section } from '../interop.mjs'

const BODIES = {
  '01-create-space-POST-json-root': actors => ({
    json: {
      id: '11111111-1111-4111-8111-111111111111',
      name: 'Cap Space',
      controller: actors.alice.did
    }
  }),
  '02-signed-PUT-json-root': () => ({ json: { id: 'doc-a', hello: 'world' } }),
  '03-signed-PUT-binary-root': () => ({
    body: new Blob([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)]),
    headers: { 'content-type': 'image/png' }
  }),
  '04-signed-GET-root': () => ({}),
  '05-delegated-GET-jcs-space-rooted': () => ({}),
  '06-delegated-GET-jcs-target-rooted': () => ({}),
  '07-delegated-PUT-jcs-chain2-attenuated': () => ({ json: { a: 1 } }),
  '08-delegated-GET-Ed25519Signature2020': () => ({}),
  '09-signed-DELETE-root': () => ({})
}
const OF_THE_CLIENT = [
  'host',
  'accept',
  'authorization',
  'capability-invocation',
  'content-type',
  'date',
  'digest'
]

const { createContext } = await load('@interop/was-conformance-suite')
const { ZcapClient } = await load('@interop/ezcap')
const { Ed25519Signature2020 } = await load('@interop/ed25519-signature')
const { EddsaJcs2022 } = await load('@interop/ed25519-signature/eddsa-jcs-2022')
const { actors } = await createContext({ serverUrl: 'http://localhost:3999' })

const [vectors] = process.argv.slice(2)

// The time of a vector is now.
let clock = 0
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length ? given : [clock]))
  }

  static now() {
    return clock
  }
}

function clientOf(keyId, SuiteClass) {
  const { signer } = Object.values(actors).find(actor => actor.signer.id === keyId)
  return new ZcapClient({ SuiteClass, invocationSigner: signer, delegationSigner: signer })
}

// The capability made once more, link by link, by the keys that made it.
async function delegateAgain({ id, controller, invocationTarget, allowedAction, proof }) {
  const parent = proof.capabilityChain.at(-1)
  const capability = typeof parent === 'string' ? parent : await delegateAgain(parent)
  const SuiteClass = proof.type === 'Ed25519Signature2020' ? Ed25519Signature2020 : EddsaJcs2022
  mock.method(crypto, 'randomUUID', () => id.replace('urn:uuid:', ''))
  const made = await clientOf(proof.verificationMethod, SuiteClass).delegate({
    capability,
    controller,
    invocationTarget,
    allowedActions: allowedAction
  })
  crypto.randomUUID.mock.restore()
  return made
}

// What request() puts on the wire.
async function headersOf(run) {
  let sent
  mock.method(globalThis, 'fetch', async (url, { headers }) => {
    sent = new Headers(headers)
    return new Response(null, { status: 204 })
  })
  await run()
  globalThis.fetch.mock.restore()
  return sent
}

for (const [name, content] of Object.entries(BODIES)) {
  await section(name, async label => {
    const vector = JSON.parse(await readFile(join(vectors, `${name}.explained.json`)))
    const [method, target] = vector.requestLine.split(' ')
    clock = vector.signatureParams.created * 1000
    const capability = vector.capability && (await delegateAgain(vector.capability))
    if (capability) is(capability, vector.capability, label('the capability'))
    const sent = await headersOf(() =>
      clientOf(vector.signatureParams.keyId, EddsaJcs2022).request({
        url: `http://localhost:3999${target}`,
        method,
        capability,
        ...content(actors)
      })
    )
    is(
      OF_THE_CLIENT.map(header => sent.get(header)),
      OF_THE_CLIENT.map(header => vector.headers[header] ?? null),
      label('the headers of the request')
    )
  })
}
done()
