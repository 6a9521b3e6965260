// Licensed under the Apache License, Version 2.0; see LICENSE.

// The packages that stand in for those which npm lacks: at a given time, with the suite's own keys,
// they delegate and ask as the real client did whose requests are in t/vectors; they encrypt as the
// standards have it. Needs no server.
//
// shims.mjs VECTORS

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mock } from 'node:test'

import { done, is, load, ok, section } from '../interop.mjs'

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
const { decode, encode } = await load('base58-universal')
const { X25519KeyAgreementKey2020 } = await load('@interop/x25519-key-agreement-key')
const { createEdvEncryption, ensureFirstEpoch, ownerRecipient } =
  await load('@interop/was-client/edv')
const { open, seal, unwrap, wrap } = await load('@interop/was-client/jwe')
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

// DIDComm Messaging 2.0, C.3, and the key of its A.2. A wrong key does not unwrap anything.
const BOB = 'did:example:bob#key-x25519-1'
const BOBS_KEY = {
  publicKeyMultibase: [[0xec, 0x01], 'GDTrI66K0pFfO54tlCSvfjjNapIs44dzpneBgyx0S3E'],
  privateKeyMultibase: [[0x82, 0x26], 'b9NnuOCB0hm7YGNvaE9DMhwH_wjZA1-gWD6dA0JWdL0']
}
const WRAPPED = {
  header: {
    kid: BOB,
    alg: 'ECDH-ES+A256KW',
    epk: { kty: 'OKP', crv: 'X25519', x: 'JHjsmIRZAaB0zRG_wNXLV2rPggF00hdHbW5rj8g0I24' },
    apv: 'NcsuAnrRfPK69A-rkZ0L9XWUG4jMvNC3Zg74BPz53PA'
  },
  encrypted_key: '3n1olyBR3nY7ZGAprOx-b7wYAKza6cvOYjNwVg3miTnbLwPP_FmE1A'
}
// RFC 7516, A.1.
const SEALED = {
  protected: 'eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ',
  iv: '48V1_ALb6US04U3b',
  ciphertext:
    '5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A',
  tag: 'XFBoMYUZodetZdvTiFvSkQ'
}
const SEALED_BY = Buffer.from('saH0gFSP4XM_tAP_a5rU9ooHbltwLiJpL4LLLnrqQPw', 'base64url')
const SEALED_TEXT = 'The true sign of intelligence is not knowledge but imagination.'

async function outcome(run) {
  try {
    return await run()
  } catch {
    return 'refused'
  }
}

await section('encryption', async label => {
  const multibase = ([kind, key]) =>
    `z${encode(Buffer.from([...kind, ...Buffer.from(key, 'base64url')]))}`
  const bob = new X25519KeyAgreementKey2020({
    id: BOB,
    ...Object.fromEntries(Object.entries(BOBS_KEY).map(([name, key]) => [name, multibase(key)]))
  })
  const other = await X25519KeyAgreementKey2020.generate({ id: BOB })
  is((await unwrap([WRAPPED], bob)).length, 32, label('a published key is unwrapped'))
  is(await outcome(() => unwrap([WRAPPED], other)), 'refused', label('not by another pair'))
  is(open(SEALED, SEALED_BY), SEALED_TEXT, label('published content is opened'))

  const secret = randomBytes(32)
  const wrapped = await wrap(secret, bob)
  is(await unwrap([{ header: { kid: 'x' } }, wrapped], bob), secret, label('what is wrapped'))
  const sealed = seal(SEALED_TEXT, secret)
  is(open(sealed, secret), SEALED_TEXT, label('what is sealed'))
  const changed = { ...sealed, protected: SEALED.protected }
  is(await outcome(() => open(changed, secret)), 'refused', label('not under another header'))
})

// A server with one Collection, as far as it is asked.
function serverOf(encryption) {
  const stored = new Map([['meta', { id: 'c', encryption: { scheme: 'edv' } }]])
  const writes = []
  const carries = ({ indexed }, name, value) =>
    indexed[0].attributes.some(has => has.name === name && (value ?? has.value) === has.value)
  const found = ({ equals: [pairs] = [], has }) =>
    [...stored.values()].filter(
      document =>
        document.jwe &&
        (has?.every(name => carries(document, name)) ??
          Object.entries(pairs).every(([name, value]) => carries(document, name, value)))
    )
  const call = async ({ method, path, json, headers }) => {
    if (method === 'PUT') {
      writes.push({ path, headers })
      stored.set(path, json)
    }
    const data = method === 'POST' ? { documents: found(json), hasMore: false } : stored.get(path)
    return { data, headers: new Headers({ etag: '"1"' }) }
  }
  return { encryption, call, stored, writes }
}

await section('encrypted documents', async label => {
  const keyAgreementKey = await X25519KeyAgreementKey2020.generate({ controller: actors.alice.did })
  const encryption = createEdvEncryption({ resolveKeys: async () => ({ keyAgreementKey }) })
  const server = serverOf(encryption)
  const collection = new encryption.Collection(server, '')
  const recipients = [ownerRecipient({ keyAgreementKey })]
  await ensureFirstEpoch({ collection, recipients, blindedIndex: true })
  await ensureFirstEpoch({ collection, recipients, blindedIndex: true })
  is(
    server.writes,
    [{ path: 'meta', headers: { 'if-match': '"1"' } }],
    label('an epoch is added once, to the description that was read')
  )

  await collection.declareIndex({ attribute: 'content.type' })
  await collection.declareIndex({ attribute: 'content.name', unique: true })
  const note = { type: 'same', name: 'same' }
  const task = { type: 'another' }
  const { id } = await collection.add(note)
  await collection.add(task)
  const { headers } = server.writes[1]
  const { currentEpoch, hmac } = server.stored.get('meta').encryption
  is(
    headers,
    { 'if-none-match': '*', 'key-epoch': currentEpoch },
    label('a document is new, and says its epoch')
  )
  const document = server.stored.get(id)
  const bytes = [...decode(id.slice(1))]
  is([bytes.length, bytes.slice(0, 2), document.id], [18, [0, 16], id], label('its id'))
  const text = JSON.stringify(document)
  ok(!text.includes('"same"') && !text.includes('content.'), label('nothing of it is told'), text)
  is(document.indexed[0].hmac, { id: hmac.id, type: hmac.type }, label('the key that blinds'))
  const [type, name] = document.indexed[0].attributes
  ok(type.value !== name.value, label('equal values of two attributes do not look alike'))
  is([type.unique, name.unique], [undefined, true], label('what is unique is'))

  const plain = { items: [{ id, data: note }], hasMore: false }
  is(await collection.find({ equals: { 'content.type': 'same' } }), plain, label('by a value'))
  is(await collection.find({ has: 'content.name' }), plain, label('by an attribute'))
})
done()
