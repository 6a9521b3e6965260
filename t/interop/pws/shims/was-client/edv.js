// Licensed under the Apache License, Version 2.0; see LICENSE.

// Stands in for @interop/was-client/edv, as far as the conformance suite calls it: Collections
// whose documents are encrypted, and found by blinded attributes. Their description has the key of
// an epoch, for which documents are encrypted, and the key that blinds, each wrapped for every
// recipient.

import { createHmac, randomBytes } from 'node:crypto'

import { X25519KeyAgreementKey2020 } from '@interop/x25519-key-agreement-key'
import { encode } from 'base58-universal'

import { Collection } from './handles.js'
import { open, pairOf, seal, secretOf, unwrap, wrap } from './jwe.js'

// For WasClient.fromSigner: a client that encrypts in all Collections.
export function createEdvEncryption({ resolveKeys }) {
  return { resolveKeys, Collection: EdvCollection }
}

export function ownerRecipient({ keyAgreementKey: { id, publicKeyMultibase } }) {
  return { id, publicKeyMultibase }
}

// Adds an epoch, and on demand the key that blinds, to a Collection that has none.
export async function ensureFirstEpoch({ collection, recipients, blindedIndex = false }) {
  const { data, headers } = await collection.call('GET', 'meta')
  if (data.encryption.epochs) return
  const forAll = secret => Promise.all(recipients.map(recipient => wrap(secret, recipient)))
  const pair = await X25519KeyAgreementKey2020.generate()
  const id = `did:key:${pair.fingerprint()}#${pair.fingerprint()}`
  const encryption = {
    ...data.encryption,
    epochs: [{ id, recipients: await forAll(secretOf(pair)) }],
    currentEpoch: id,
    ...(blindedIndex && {
      hmac: {
        id: `urn:uuid:${crypto.randomUUID()}`,
        type: 'Sha256HmacKey2019',
        recipients: await forAll(randomBytes(32))
      }
    })
  }
  await collection.call('PUT', 'meta', {
    json: { ...data, encryption },
    headers: { 'if-match': headers.get('etag') }
  })
}

// What stands for an attribute's name, and for its value: equal values of different attributes do
// not look alike.
export function blind(secret, attribute, ...value) {
  const text = value.length ? JSON.stringify([attribute, ...value]) : attribute
  return createHmac('sha256', secret).update(text).digest('base64url')
}

export class EdvCollection extends Collection {
  // Of this handle alone: nothing of it is stored.
  indexes = []

  async declareIndex({ attribute, unique = false }) {
    this.indexes.push({ attribute, unique })
  }

  async add(content) {
    const { epoch, hmac } = await this.keys()
    const id = `z${encode(Uint8Array.of(0, 16, ...randomBytes(16)))}`
    const secret = randomBytes(32)
    const json = {
      id,
      sequence: 0,
      indexed: hmac ? [this.indexed({ content }, hmac)] : [],
      jwe: {
        ...seal(JSON.stringify({ content }), secret),
        recipients: [await wrap(secret, epoch)]
      }
    }
    await this.call('PUT', id, {
      json,
      headers: { 'if-none-match': '*', 'key-epoch': epoch.id }
    })
    return { id }
  }

  // { equals: { ATTRIBUTE: VALUE } } or { has: ATTRIBUTE }, and whether to count only.
  async find({ equals, has, count }) {
    const { epoch, hmac } = await this.keys()
    const blinded = name => blind(hmac.secret, name)
    const pair = ([name, value]) => [blinded(name), blind(hmac.secret, name, value)]
    const json = {
      profile: 'blinded-index',
      index: hmac.id,
      ...(equals && { equals: [Object.fromEntries(Object.entries(equals).map(pair))] }),
      ...(has && { has: [has].flat().map(blinded) }),
      ...(count && { count })
    }
    const { data } = await this.call('POST', 'query', { json })
    if (count) return data
    const { documents, ...rest } = data
    return { items: await Promise.all(documents.map(document => opened(document, epoch))), ...rest }
  }

  indexed(plain, { id, type, secret }) {
    const attributes = this.indexes.flatMap(({ attribute, unique }) => {
      const value = attribute.split('.').reduce((at, name) => at?.[name], plain)
      if (value === undefined) return []
      const name = blind(secret, attribute)
      return [{ name, value: blind(secret, attribute, value), ...(unique && { unique }) }]
    })
    return { hmac: { id, type }, sequence: 0, attributes }
  }

  async keys() {
    const { epochs, currentEpoch, hmac } = (await this.describe()).encryption
    const { keyAgreementKey } = await this.client.encryption.resolveKeys()
    const { id, recipients } = epochs.find(epoch => epoch.id === currentEpoch)
    return {
      epoch: pairOf(id, await unwrap(recipients, keyAgreementKey)),
      hmac: hmac && { ...hmac, secret: await unwrap(hmac.recipients, keyAgreementKey) }
    }
  }
}

async function opened({ id, jwe }, epoch) {
  const { content } = JSON.parse(open(jwe, await unwrap(jwe.recipients, epoch)))
  return { id, data: content }
}
